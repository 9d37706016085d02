package io.millrace.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;

/** How the files of a log are opened: the place where a test lets a disk fail. */
@FunctionalInterface
interface FileAccess {
    FileAccess DISK = FileChannel::open;

    FileChannel open(Path file, OpenOption... options) throws IOException;
}
