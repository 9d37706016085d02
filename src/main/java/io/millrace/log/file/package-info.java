/**
 * Files, whatever is in them: how they are opened, forced and replaced as a whole, how many are open at a time, and
 * whether there is room for more.
 *
 * <p>Begin with {@link io.millrace.log.file.FileAccess}: every file is opened, read, written and forced through it, so that
 * a test can put another disk in its place; names of files and folders are changed beside it.
 */
package io.millrace.log.file;
