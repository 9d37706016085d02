package io.millrace.ops;

import io.millrace.config.Setting;
import java.nio.file.FileSystemException;
import java.util.Arrays;
import java.util.stream.Collectors;

/** A part of the server could not be opened; the message names the settings that an operator may have to change. */
final class StartFailure extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    StartFailure(RuntimeException cause, Setting... settings) {
        super(explained(cause, settings), cause);
    }

    private static String explained(RuntimeException failure, Setting... settings) {
        String text = failure.getMessage();
        if (failure.getCause() instanceof FileSystemException) {
            text += ": " + failure.getCause().getClass().getSimpleName(); // its message may be a bare path
        }
        return settings.length == 0 ? text : text + " (see " + Arrays.stream(settings).map(Setting::name)
                .collect(Collectors.joining(", ")) + ")";
    }
}
