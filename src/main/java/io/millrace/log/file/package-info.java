/**
 * Files, whatever is in them: how they are opened, forced and replaced as a whole, how many are open at a time, and
 * whether there is room for more.
 *
 * <p>Begin with {@link io.millrace.log.file.FileAccess}: every access to a disk goes through it, so that a test can put
 * another disk in its place.
 */
package io.millrace.log.file;
