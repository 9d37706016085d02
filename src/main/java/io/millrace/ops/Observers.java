package io.millrace.ops;

import io.millrace.log.LogObserver;
import io.millrace.metadata.BrokerObserver;

/**
 * Who is told of what the server does.
 *
 * @param registerFailed run each time that a register could not be read or changed; must return at once
 */
record Observers(BrokerObserver broker, LogObserver log, Runnable registerFailed) {
    static final Observers NONE = new Observers(BrokerObserver.NONE, LogObserver.NONE, () -> { });
}
