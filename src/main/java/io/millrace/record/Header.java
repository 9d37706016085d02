package io.millrace.record;

import java.nio.ByteBuffer;

/** A header of a record: a UTF-8 key and a value that may be null. Keys may repeat; order is kept. */
public record Header(String key, ByteBuffer value) {
}
