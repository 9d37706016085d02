package io.millrace.ops;

import io.millrace.log.write.LogDirectory;
import java.util.concurrent.Future;

/** A directory, and the task that writes it. */
record DirectoryWriter(LogDirectory directory, Future<?> task) {
    /** Whether the thread ended although nobody closed the directory and no disk failed. */
    boolean isDead() {
        return task.isDone() && directory.failure() == null;
    }
}
