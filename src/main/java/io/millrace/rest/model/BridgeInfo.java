package io.millrace.rest.model;

/** What answers here. The name of the field is the dialect's. */
public record BridgeInfo(String bridgeVersion) {
}
