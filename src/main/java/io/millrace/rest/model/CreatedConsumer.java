package io.millrace.rest.model;

/** @param baseUri begins the URIs of the consumer's requests, at any server of the cluster */
public record CreatedConsumer(String instanceId, String baseUri) {
}
