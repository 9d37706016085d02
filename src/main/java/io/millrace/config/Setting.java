package io.millrace.config;

import java.util.Locale;

/**
 * One MicroProfile Config property of the server.
 *
 * @param name         begins with {@code millrace.}
 * @param type         which values it takes
 * @param defaultValue in force when nothing sets it
 * @param meaning      one sentence, as {@code docs/configuration.md} has it
 */
public record Setting(String name, SettingType type, String defaultValue, String meaning) {
    /** The environment variable that sets it, as MicroProfile Config maps names. */
    public String environmentName() {
        return name.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    }
}
