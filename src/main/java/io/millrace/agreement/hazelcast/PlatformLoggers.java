package io.millrace.agreement.hazelcast;

import com.hazelcast.logging.ILogger;
import com.hazelcast.logging.Logger;
import com.hazelcast.logging.LoggerFactory;
import com.hazelcast.logging.LoggerFactorySupport;

/**
 * Has Hazelcast log through the platform, as all of Millrace does. A logger that Hazelcast itself got from
 * {@code java.util.logging} would on Open Liberty refer to the class of Hazelcast that asked for it first, for as long as
 * any later deployment uses a logger of that name: the classes of one earlier deployment would stay in memory.
 */
public final class PlatformLoggers extends LoggerFactorySupport implements LoggerFactory {
    /** Hazelcast takes its factory of loggers from this system property only, not from its configuration. */
    private static final String FACTORY_PROPERTY = "hazelcast.logging.class";
    private static final System.Logger LOG = System.getLogger(PlatformLoggers.class.getName());

    /**
     * To be called before any other class of Hazelcast is used; later calls change nothing. A factory that the server's
     * operator chose by the system property stays.
     */
    public static synchronized void use() {
        String own = PlatformLoggers.class.getName();
        String chosen = System.getProperty(FACTORY_PROPERTY);
        if (chosen != null && !chosen.equals(own)) { // its own name: of another deployment that is just here
            return;
        }
        System.setProperty(FACTORY_PROPERTY, own);
        try { // Hazelcast makes the factory now, and keeps it from then on
            if (!(Logger.getLogger(PlatformLoggers.class) instanceof PlatformLogger)) {
                LOG.log(System.Logger.Level.WARNING, "Hazelcast does not log through the platform: a class of it was"
                    + " used before, or cannot make {0}", own);
            }
        } finally {
            System.clearProperty(FACTORY_PROPERTY); // it is the whole process's, and others may use a Hazelcast too
        }
    }

    @Override
    protected ILogger createLogger(String name) {
        return new PlatformLogger(System.getLogger(name));
    }
}
