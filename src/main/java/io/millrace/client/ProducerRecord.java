package io.millrace.client;

import java.nio.charset.StandardCharsets;

/**
 * A record to be sent. The arrays are not copied: they must not be changed until it is sent.
 *
 * @param partition from 0; null: by the key, or any when there is no key
 * @param key       null: none
 * @param value     null: none; in a compacted topic that deletes the key
 */
public record ProducerRecord(Integer partition, byte[] key, byte[] value) {
    /** @param key null: none @param value null: none */
    public static ProducerRecord of(String key, String value) {
        return new ProducerRecord(null, utf8(key), utf8(value));
    }

    /** @param key null: none @param value null: none */
    public static ProducerRecord of(byte[] key, byte[] value) {
        return new ProducerRecord(null, key, value);
    }

    /** The same record to a partition of the topic. */
    public ProducerRecord to(int chosen) {
        return new ProducerRecord(chosen, key, value);
    }

    private static byte[] utf8(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }
}
