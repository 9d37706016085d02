package io.millrace.log;

import java.nio.file.Path;
import java.util.UUID;

/**
 * The folder of a log that was set aside, because it was not known whose it is. Nothing removes it but its owner.
 *
 * @param topicId null when its metadata file is missing or damaged
 */
public record Stray(Path folder, String topic, int partition, UUID topicId) {
}
