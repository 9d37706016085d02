package io.millrace.ops;

import io.millrace.broker.Broker;
import io.millrace.config.InvalidSettingsException;
import io.millrace.config.Settings;
import io.millrace.rest.BrokerAccess;
import io.millrace.rest.RestLimits;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import org.eclipse.microprofile.config.Config;

/**
 * Starts the server with the application and stops it with the application. The configuration is checked while the
 * application is deployed, so that a wrong one fails the deployment; what takes long happens afterwards, in a managed
 * thread, while health says how far it is.
 */
@ApplicationScoped
public class Lifecycle implements BrokerAccess {
    private static final System.Logger LOG = System.getLogger(Lifecycle.class.getName());

    @Resource
    private ManagedExecutorService workers;
    @Resource
    private ManagedScheduledExecutorService timers;
    @Resource
    private ManagedThreadFactory threads;
    @Inject
    private Config config;
    @Inject
    private Metrics metrics;

    private volatile Configuration configuration;
    private volatile Server server;

    /** @throws InvalidSettingsException which fails the deployment */
    void start(@Observes Startup startup) {
        Settings.unknown(Configuration.catalogue(), config.getPropertyNames()).forEach(name ->
                LOG.log(System.Logger.Level.WARNING, "{0} is not a setting of Millrace; is it misspelt?", name));
        Server starting = new Server(configuration(), workers, new AnswerThreads(threads), timers, Clock.systemUTC(), metrics, metrics);
        server = starting;
        workers.execute(() -> {
            starting.start();
            if (starting.state() == Server.State.SERVING) {
                metrics.watch(starting, timers, configuration().settings().intValue(Settings.METRICS_PARTITIONS_MAX));
            }
        });
    }

    @PreDestroy
    void stop() {
        metrics.close();
        if (server != null) {
            server.close();
        }
    }

    private synchronized Configuration configuration() {
        if (configuration == null) {
            configuration = Configuration.read(name -> config.getOptionalValue(name, String.class));
        }
        return configuration;
    }

    Server server() {
        return server;
    }

    @Override
    public Broker broker() {
        return server.broker();
    }

    @Produces
    @Singleton
    RestLimits restLimits() {
        Settings settings = configuration().settings();
        return new RestLimits(settings.intValue(Settings.REQUEST_MAX_BYTES), settings.longValue(Settings.REQUEST_MEMORY_BYTES),
                settings.intValue(Settings.FETCH_MAX_BYTES), settings.longValue(Settings.FETCH_MAX_WAIT_MS));
    }
}
