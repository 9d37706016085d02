package io.millrace.coordinator;

/** In whose transaction something is written: one record batch is of one producer and epoch. */
record ProducerTransaction(long producerId, short producerEpoch) {
}
