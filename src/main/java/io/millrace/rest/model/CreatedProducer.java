package io.millrace.rest.model;

/** @param producerEpoch to send with the id */
public record CreatedProducer(long producerId, int producerEpoch) {
}
