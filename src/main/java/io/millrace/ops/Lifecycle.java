package io.millrace.ops;

import io.millrace.broker.Broker;
import io.millrace.config.InvalidSettingsException;
import io.millrace.config.Settings;
import io.millrace.group.Groups;
import io.millrace.group.membership.OffsetReset;
import io.millrace.log.Closing;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.metadata.access.AccessRegisters;
import io.millrace.metadata.access.AccessRules;
import io.millrace.replica.hosting.Deadlines;
import io.millrace.rest.access.AgreementAccess;
import io.millrace.rest.access.BrokerAccess;
import io.millrace.rest.access.GroupAccess;
import io.millrace.rest.access.HealthAccess;
import io.millrace.rest.access.IdempotencyAccess;
import io.millrace.rest.access.ProducerIdAccess;
import io.millrace.rest.access.RulesAccess;
import io.millrace.rest.access.TransactionAccess;
import io.millrace.rest.body.AnswerCoding;
import io.millrace.rest.body.AnswerDeadlines;
import io.millrace.rest.body.ClientAnswers;
import io.millrace.rest.body.ConsumerDefaults;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.body.RestLimits;
import io.millrace.rest.cluster.BrokerSignatures;
import io.millrace.rest.cluster.BrokerTls;
import io.millrace.rest.entry.CallerPolicy;
import io.millrace.rest.entry.UploadLimits;
import io.millrace.rest.exchange.TopicsOnDemand;
import io.millrace.rest.internal.HttpTransport;
import io.millrace.rest.origin.OriginRules;
import io.millrace.rest.routing.BrokerClient;
import io.millrace.rest.routing.Peers;
import io.millrace.rest.routing.RelayedWaits;
import io.millrace.rest.stream.LineBodies;
import io.millrace.rest.stream.OpenStreams;
import io.millrace.rest.stream.StreamLimits;
import io.millrace.tracing.Tracing;
import io.millrace.transaction.ProducerIds;
import io.millrace.transaction.idempotency.IdempotencyKeys;
import io.millrace.transaction.routing.Transactions;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedExecutorService;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.concurrent.ManagedThreadFactory;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Startup;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.servlet.ServletContext;
import java.lang.System.Logger.Level;
import java.time.Clock;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Executor;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.eclipse.microprofile.metrics.MetricRegistry;

/**
 * Starts the server with the application and stops it with the application. The configuration is checked while the
 * application is deployed, so that a wrong one fails the deployment; what takes long happens afterwards, in a managed
 * thread, while health says how far it is.
 *
 * <p>The writers of the log directories and of the journal each keep a thread of the default managed executor for as
 * long as they run. Its pool grows when all of its threads are in use, so they need no room set aside.
 */
@ApplicationScoped
public class Lifecycle implements BrokerAccess, GroupAccess, ProducerIdAccess, IdempotencyAccess,
        TransactionAccess, AgreementAccess, HealthAccess, RulesAccess {
    private static final System.Logger LOG = System.getLogger(Lifecycle.class.getName());

    @Resource
    private ManagedExecutorService shared;
    @Resource
    private ManagedScheduledExecutorService timers;
    /**
     * Also a bean: Open Liberty would else make one, and keep the class loader that it was made with, which is the first
     * deployment's, for as long as the process runs.
     */
    @Resource
    @Produces
    private ManagedThreadFactory threads;
    @Inject
    private Config config;
    @Inject
    private MetricRegistry registry;
    @Inject
    private Instance<MemoryBudget> memory;
    @Inject
    private Instance<BrokerSignatures> signatures;
    @Inject
    private Instance<OpenStreams> openStreams;
    @Inject
    private Instance<LineBodies> lineBodies;

    private final ProcessEnd halt = new ProcessEnd();
    /** Guarded by this. */
    private Configuration configuration;
    /** Guarded by this. */
    private BrokerTls tlsOfBrokers;
    private volatile AnswerThreads answers;
    private volatile ClientThreads clients;
    private volatile ServerMetrics metrics;
    private volatile Server server;
    private volatile HttpTransport transport;
    private volatile RequestThreads requestThreads;
    private volatile AccessWatch accessWatch;
    private final AccessRules accessRules = new AccessRules();
    private final RelayedWaits relayedWaits = new RelayedWaits();

    /** @throws InvalidSettingsException which fails the deployment */
    void start(@Observes Startup startup) {
        Settings.unknown(Configuration.catalogue(), config.getPropertyNames()).forEach(name ->
                LOG.log(Level.WARNING, "{0} is not a setting of Millrace; is it misspelt?", name));
        Configuration valid = configuration();
        if (!valid.notKept().isEmpty()) {
            LOG.log(Level.WARNING, "after a restart nothing will be found of what is written to {0}, where the runnable"
                    + " package was unpacked: set millrace.log.dirs and millrace.cluster.journal.dir", valid.notKept());
        }
        BrokerTls tls = brokerTls();
        Exposure.requireTls(valid.settings(), tls);
        ServerMetrics measuring = new ServerMetrics(registry, valid.settings());
        metrics = measuring;
        AnswerThreads answering = new AnswerThreads(threads);
        answers = answering;
        ClientThreads writing = new ClientThreads(threads, valid.settings().intValue(Settings.ANSWER_THREADS_MAX));
        clients = writing;
        OpenStreams streams = openStreams.get();
        LineBodies bodies = lineBodies.get();
        measuring.watch(memory.get(), writing, streams);
        Executor workers = workers();
        HttpTransport reaching = new HttpTransport(signatures.get(), workers, tls);
        transport = reaching;
        Server starting = new Server(valid, workers, answering, new AgreementThreads(threads),
                new ForceThreads(threads), new HealingThreads(threads), new AssignorThreads(threads), reaching, reaching, reaching,
                reaching, timers, Clock.systemUTC(), measuring.observers(), () -> {
                    relayedWaits.end();
                    streams.end();
                    bodies.end();
                });
        server = starting;
        halt.arm(starting::close);
        workers.execute(() -> {
            starting.start();
            if (starting.state() == Server.State.SERVING) {
                measuring.watch(starting, timers);
                if (securityIsOn()) {
                    accessWatch = new AccessWatch(accessRules, starting.registers(), workers, timers);
                }
            }
        });
    }

    void noteContainer(@Observes @Initialized(ApplicationScoped.class) ServletContext context) {
        requestThreads = new RequestThreads(shared, context.getClass().getClassLoader());
    }

    /** The threads come last: until the server is closed some run its tasks. */
    @PreDestroy
    void stop() {
        Closing.all(halt::disarm, accessWatch, server, clients, transport, metrics, this::clearThreads);
    }

    /** Whatever is left on the threads of a process that ends goes with it. */
    private void clearThreads() {
        if (requestThreads != null && !halt.isUnderWay()) {
            requestThreads.close();
        }
    }

    private Executor workers() {
        return new WorkerThreads(shared, threads);
    }

    private synchronized BrokerTls brokerTls() {
        if (tlsOfBrokers == null) {
            tlsOfBrokers = LibertyTls.of(configuration().settings().text(Settings.CLUSTER_SSL));
        }
        return tlsOfBrokers;
    }

    private synchronized Configuration configuration() {
        if (configuration == null) {
            configuration = Configuration.read(name -> config.getOptionalValue(name, String.class));
        }
        return configuration;
    }

    /** Null until the application starts. */
    Server server() {
        return server;
    }

    @Override
    public Broker broker() {
        return started().broker();
    }

    @Override
    public Groups groups() {
        return started().coordination().groups();
    }

    @Override
    public ProducerIds producerIds() {
        return started().coordination().producerIds();
    }

    @Override
    public IdempotencyKeys idempotencyKeys() {
        return started().coordination().idempotencyKeys();
    }

    @Override
    public Transactions transactions() {
        return started().coordination().transactions();
    }

    @Override
    public void recover(Set<Integer> kept, Set<Integer> replaced) {
        started().recover(kept, replaced);
    }

    @Override
    public boolean securityIsOn() {
        return configuration().settings().text(Settings.SECURITY).equals("on");
    }

    @Override
    public AccessRules rules() {
        return accessRules;
    }

    @Override
    public AccessRegisters accessRegisters() {
        return new AccessRegisters(started().registers());
    }

    @Override
    public void accessChanged() {
        accessRules.refresh(started().registers());
    }

    private Server started() {
        Server current = server;
        if (current == null) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "the server is starting: try again in a moment");
        }
        return current;
    }

    @Override
    public boolean isLive() {
        return Health.live(server).getStatus() == Status.UP;
    }

    @Override
    public boolean isReady() {
        return Health.ready(server).getStatus() == Status.UP;
    }

    @Produces
    @Singleton
    RestLimits restLimits() {
        Settings settings = configuration().settings();
        return new RestLimits(settings.intValue(Settings.REQUEST_MAX_BYTES),
                settings.longValue(Settings.REQUEST_MEMORY_BYTES), settings.intValue(Settings.FETCH_MAX_BYTES),
                settings.longValue(Settings.FETCH_MAX_WAIT_MS), settings.longValue(Settings.ANSWER_TIMEOUT_MS));
    }

    @Produces
    @Singleton
    StreamLimits streamLimits() {
        Settings settings = configuration().settings();
        return new StreamLimits(settings.intValue(Settings.STREAMS_MAX), settings.intValue(Settings.STREAM_BODIES_MAX),
                settings.longValue(Settings.STREAM_HEARTBEAT_MS), settings.longValue(Settings.STREAM_MAX_MS));
    }

    @Produces
    @Singleton
    AnswerCoding answerCoding() {
        return new AnswerCoding(Boolean.parseBoolean(configuration().settings().text(Settings.ANSWER_GZIP)), AnswerCoding.WORTH_BYTES);
    }

    @Produces
    @Singleton
    ConsumerDefaults consumerDefaults() {
        String reset = configuration().settings().text(Settings.CONSUMER_AUTO_OFFSET_RESET);
        return new ConsumerDefaults(OffsetReset.valueOf(reset.toUpperCase(Locale.ROOT)));
    }

    @Produces
    @Singleton
    TopicsOnDemand topicsOnDemand() {
        boolean enabled = Boolean.parseBoolean(configuration().settings().text(Settings.TOPIC_AUTO_CREATE));
        return new TopicsOnDemand(enabled, this, workers());
    }

    @Produces
    @Singleton
    UploadLimits uploadLimits() {
        Settings settings = configuration().settings();
        return new UploadLimits(settings.longValue(Settings.REQUEST_MAX_BYTES),
                settings.longValue(Settings.REQUEST_BODY_TIMEOUT_MS), settings.intValue(Settings.REQUEST_WAITING_MAX));
    }

    @Produces
    @Singleton
    OriginRules originRules() {
        return HttpOrigins.of(configuration().settings());
    }

    @Produces
    @Singleton
    CallerPolicy callerPolicy() {
        return new CallerPolicy(securityIsOn());
    }

    @Produces
    @Singleton
    Tracing tracing() {
        return FollowedRequests.of(name -> config.getOptionalValue(name, String.class), configuration().brokerId());
    }

    @Produces
    @Singleton
    Peers peers() {
        return new Peers(signatures.get(), new BrokerClient(workers(), brokerTls()), relayedWaits);
    }

    @Produces
    @Singleton
    ClientAnswers clientAnswers() {
        return (caller, answer) -> clients.write(caller, answer);
    }

    /** On the threads of the broker's own work: other brokers' requests wait for those too. */
    @Produces
    @Singleton
    AnswerDeadlines answerDeadlines(Deadlines deadlines) {
        return new AnswerDeadlines(deadlines, task -> answers.execute(task));
    }

    /** Of requests that wait. */
    @Produces
    @Singleton
    Deadlines deadlines() {
        return new Deadlines(timers, System::nanoTime);
    }

    /** Of no instance: this bean may be gone by then, and a new one would find no timers in an application that ends. */
    static void close(@Disposes Deadlines deadlines) {
        deadlines.close();
    }

    /** There is one only, which knows what came before. */
    @Produces
    @Singleton
    BrokerSignatures brokerSignatures() {
        return new BrokerSignatures(configuration().secret(), configuration().run(), Clock.systemUTC());
    }
}
