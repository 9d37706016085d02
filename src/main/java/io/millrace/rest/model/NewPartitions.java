package io.millrace.rest.model;

/** @param partitionsCount how many partitions the topic is to have */
public record NewPartitions(Integer partitionsCount) {
}
