package io.millrace.config;

import java.util.List;

/** Settings that cannot be used; the message names all of them, with value, range and where to set them. */
public final class InvalidSettingsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public InvalidSettingsException(List<String> problems) {
        super("the configuration is not valid:\n  " + String.join("\n  ", problems)
                + "\nSet these properties in the environment, as system properties or as variables of server.xml;"
                + " docs/configuration.md lists them all.");
    }
}
