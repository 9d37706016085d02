package io.millrace.config;

import java.util.Locale;

/**
 * One MicroProfile Config property of the server.
 *
 * @param name         begins with {@code millrace.}
 * @param type         which values it takes
 * @param defaultValue in force when nothing sets it
 * @param meaning      one sentence, as {@code docs/configuration.md} has it
 * @param secret       whether its value is never to be shown
 */
public record Setting(String name, SettingType type, String defaultValue, String meaning, boolean secret) {
    private static final String HIDDEN = "a value that is not shown";

    /** A setting whose value may be shown. */
    public Setting(String name, SettingType type, String defaultValue, String meaning) {
        this(name, type, defaultValue, meaning, false);
    }

    /** The environment variable that sets it, as MicroProfile Config maps names. */
    public String environmentName() {
        return name.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }

    /** The value as messages may have it: in quotes, or hidden when it is secret. */
    public String shown(String value) {
        return secret ? HIDDEN : "'" + value + "'";
    }
}
