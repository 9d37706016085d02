/**
 * Streams: answers that go on as records come, and bodies that are taken as they come. A stream to a client holds a thread while it
 * writes only, and memory for the part that it writes; between two parts it waits as a fetch or a poll does. Begin with
 * {@code RecordStream}, and {@code FetchSource} and {@code PollSource}, where
 * records come from.
 */
package io.millrace.rest.stream;
