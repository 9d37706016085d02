package io.millrace.rest.entry;

/** @param mustBeKnown whether the container is to have authenticated whoever asks */
public record CallerPolicy(boolean mustBeKnown) {
}
