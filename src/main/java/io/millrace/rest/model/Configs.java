package io.millrace.rest.model;

import java.util.Map;

/** @param configs topic configuration by key; in a request null takes an override away */
public record Configs(Map<String, String> configs) {
}
