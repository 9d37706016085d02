package io.millrace.agreement.hazelcast;

import com.hazelcast.logging.AbstractLogger;
import com.hazelcast.logging.LogEvent;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/** What Hazelcast logs, as Hazelcast's interface has it, passed on to the platform's logger. */
final class PlatformLogger extends AbstractLogger {
    private final System.Logger logger;

    PlatformLogger(System.Logger logger) {
        this.logger = logger;
    }

    @Override
    public void log(Level level, String message) {
        logger.log(platform(level), message);
    }

    @Override
    public void log(Level level, String message, Throwable thrown) {
        logger.log(platform(level), message, thrown);
    }

    @Override
    public void log(LogEvent event) {
        LogRecord entry = event.getLogRecord();
        log(entry.getLevel(), entry.getMessage(), entry.getThrown());
    }

    /** The most detailed that is logged. */
    @Override
    public Level getLevel() {
        for (Level level : new Level[] {Level.FINEST, Level.FINE, Level.INFO, Level.WARNING, Level.SEVERE}) {
            if (isLoggable(level)) {
                return level;
            }
        }
        return Level.OFF;
    }

    @Override
    public boolean isLoggable(Level level) {
        return level.intValue() != Level.OFF.intValue() && logger.isLoggable(platform(level));
    }

    /** CONFIG is DEBUG, as in the JDK's own bridge; of others that the platform has not, the next more important one. */
    private static System.Logger.Level platform(Level level) {
        int value = level.intValue();
        if (value == Level.OFF.intValue()) {
            return System.Logger.Level.OFF;
        }
        if (value > Level.WARNING.intValue()) {
            return System.Logger.Level.ERROR;
        }
        if (value > Level.INFO.intValue()) {
            return System.Logger.Level.WARNING;
        }
        if (value > Level.CONFIG.intValue()) {
            return System.Logger.Level.INFO;
        }
        return value > Level.FINER.intValue() ? System.Logger.Level.DEBUG : System.Logger.Level.TRACE;
    }
}
