package io.millrace.ops;

import io.millrace.agreement.AgreementStatus;
import io.millrace.agreement.Membership;
import io.millrace.agreement.SingleMembership;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.agreement.steward.ClusterNode;
import io.millrace.broker.Broker;
import io.millrace.broker.Transport;
import io.millrace.config.Setting;
import io.millrace.config.Settings;
import io.millrace.coordinator.CoordinatorStatus;
import io.millrace.group.GroupParts;
import io.millrace.group.GroupPeers;
import io.millrace.group.Groups;
import io.millrace.group.delivery.Deliveries;
import io.millrace.log.LogDirectoryOfflineException;
import io.millrace.log.ProducerCount;
import io.millrace.log.file.OpenFiles;
import io.millrace.log.write.CleanerProgress;
import io.millrace.log.write.LogDirectory;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.transaction.ProducerIds;
import io.millrace.transaction.idempotency.IdempotencyKeys;
import io.millrace.transaction.idempotency.IdempotencyParts;
import io.millrace.transaction.routing.TransactionTransport;
import io.millrace.transaction.routing.Transactions;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;

/**
 * All that runs in this server, put together: the cluster member, the log directories with a writer each, the broker. A
 * plain object; the container knows it through {@link Lifecycle}. It is started once, by one thread; closed by any, and
 * looked at by any.
 */
final class Server implements AutoCloseable {
    /** How far the start has come. */
    enum State {
        /** The journal is being read. */
        STARTING,
        /** The member of the cluster runs, and waits for a majority of the servers. */
        AWAITING_MAJORITY,
        /** The logs are being recovered. */
        REGISTERS_RESTORED,
        SERVING, FAILED, STOPPED
    }

    private static final System.Logger LOG = System.getLogger(Server.class.getName());
    private static final long LOOK_MS = 200;
    private static final String TOPIC_REGISTERS = "topic/";

    private final Configuration configuration;
    private final Executor workers;
    private final AnswerThreads answers;
    private final AgreementThreads agreementThreads;
    private final ForceThreads forces;
    private final HealingThreads healing;
    private final AssignorThreads assigning;
    private final Transport transport;
    private final Deliveries deliveries;
    private final GroupPeers groupPeers;
    private final TransactionTransport transactionTransport;
    private final ScheduledExecutorService timers;
    private final Clock clock;
    private final Observers observers;
    private final Runnable passedWaits;
    private final KnownDamage damage;
    private final OpenFiles logFiles;
    private final ProducerCount producers;

    /** Guarded by this. */
    private final OpenedParts opened = new OpenedParts();
    private volatile State state = State.STARTING;
    private volatile boolean stopping;
    private volatile ClusterNode node;
    private volatile List<DirectoryWriter> writers = List.of();
    private volatile Broker broker;
    private volatile Coordination coordination;
    private volatile Upkeep upkeep;
    private volatile String startFailure;

    /**
     * @param workers     must have a thread for each log directory, the journal, the scrub and the cleaner, beside those that do the work
     * @param passedWaits ends the requests that wait for other servers
     */
    Server(Configuration configuration, Executor workers, AnswerThreads answers,
           AgreementThreads agreementThreads, ForceThreads forces, HealingThreads healing, AssignorThreads assigning, Transport transport,
           Deliveries deliveries, GroupPeers groupPeers, TransactionTransport transactionTransport, ScheduledExecutorService timers,
           Clock clock, Observers observers, Runnable passedWaits) {
        this.configuration = configuration;
        this.workers = workers;
        this.answers = answers;
        this.agreementThreads = agreementThreads;
        this.forces = forces;
        this.healing = healing;
        this.assigning = assigning;
        this.transport = transport;
        this.deliveries = deliveries;
        this.groupPeers = groupPeers;
        this.transactionTransport = transactionTransport;
        this.timers = timers;
        this.clock = clock;
        this.observers = observers;
        this.passedWaits = passedWaits;
        this.damage = new KnownDamage(observers.log());
        this.logFiles = new OpenFiles(configuration.openLogFiles());
        this.producers = new ProducerCount(configuration.settings().longValue(Settings.PRODUCERS_MAX));
    }

    /**
     * Blocks until the logs are recovered. A failure closes what was opened, and is told by {@link #startFailure}. One
     * log directory that cannot be opened is such a failure: without it, its logs would look lost.
     */
    synchronized void start() {
        try {
            Exposure.requireChoice(configuration.settings());
            ArchiveClasses.loadAll(Server.class);
            node = open(() -> ClusterNode.start(configuration.cluster(), configuration.run().session(), workers, new JournalDamage(damage)),
                    Settings.CLUSTER_HOST, Settings.CLUSTER_PORT, Settings.CLUSTER_JOURNAL_DIR);
            awaitMajority();
            opened.add(answers); // closed after the directories, whose last appends are still answered
            opened.add(agreementThreads);
            opened.add(forces);
            opened.add(healing);
            opened.add(assigning);
            broker = openBroker();
            damage.healBy(broker::foundDamage);
            coordination = openCoordination();
            upkeep = open(() -> new Upkeep(configuration.settings(), writers.stream().map(DirectoryWriter::directory).toList(),
                    node.journalDirectory(), workers, clock));
            state = State.SERVING;
            LOG.log(Level.INFO, "Millrace is ready: broker {0}, log directories {1}",
                    Integer.toString(configuration.brokerId()), configuration.settings().folders(Settings.LOG_DIRS));
        } catch (CancellationException stopped) {
            closeAll();
            state = State.STOPPED;
        } catch (RuntimeException | Error e) {
            startFailure = e.getMessage() == null ? e.toString() : e.getMessage();
            LOG.log(Level.ERROR, "Millrace cannot start: " + startFailure, e);
            closeAll();
            state = State.FAILED;
        }
    }

    private Coordination openCoordination() {
        Groups groups = open(() -> Groups.open(configuration.groups(), GroupParts.of(broker, configuration.offsetsTopic(),
                configuration.coordinators(), registers(), deliveries, groupPeers, answers, workers, assigning, timers, clock)),
                Settings.GROUP_ASSIGNOR);
        ProducerIds producerIds = new ProducerIds(registers(), open(agreementThreads::callsForOne));
        IdempotencyKeys keys = open(() -> IdempotencyKeys.open(configuration.idempotency(), IdempotencyParts.of(broker,
                configuration.idempotencyTopic(), configuration.coordinators(), producerIds::nextInternal, answers, workers,
                timers, clock)));
        Transactions transactions = open(() -> Transactions.open(new Transactions.Parts(broker, configuration.transactionTopic(),
                configuration.coordinators(), configuration.transactions(), marker -> groups.endTransaction(
                marker.partition().partition(), marker.producer().producerId(), marker.producer().epoch(), Transactions.control(marker)),
                transactionTransport, producerIds::next, answers, workers, timers, clock, configuration.transactionPatienceMs())));
        groups.verifyTransactionsWith(transactions.verifier());
        return new Coordination(groups, producerIds, keys, transactions, open(() -> new TransactionWatch(transactions::figures, timers)));
    }

    /** Without a majority nobody may act; that it waits for one is told by health. */
    private void awaitMajority() {
        state = State.AWAITING_MAJORITY;
        while (!node.awaitAvailable(LOOK_MS)) {
            if (stopping) {
                throw new CancellationException("stopped while waiting for a majority");
            }
        }
        state = State.REGISTERS_RESTORED;
    }

    /** Where there are other servers, the majority may get lost at any moment: then it is waited for again. */
    private Broker openBroker() {
        while (true) {
            int before = opened.size();
            openDirectories();
            List<LogDirectory> directories = writers.stream().map(DirectoryWriter::directory).toList();
            try {
                return open(() -> Broker.open(configuration.broker(),
                        registers(), membership(), transport,
                        node::status, directories, node.notes(), answers, healing, agreementThreads.calls(), timers, clock,
                        observers.broker()));
            } catch (StartFailure failure) {
                if (configuration.cluster().size() == 1 || !(failure.getCause() instanceof BrokerException known)
                        || known.kind() != ErrorKind.UNAVAILABLE) {
                    throw failure;
                }
                LOG.log(Level.WARNING, "the majority of the servers got lost during the start: {0}", known.getMessage());
                writers = List.of();
                opened.closeDownTo(before);
                awaitMajority();
            }
        }
    }

    /** @throws BrokerException UNAVAILABLE before the cluster's member runs, and after the stop */
    RegisterStore registers() {
        if (node == null) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "the server is starting or stopping: try again in a moment");
        }
        return new ObservedRegisters(node.registers(), observers.registerFailed());
    }

    private Membership membership() {
        return configuration.cluster().size() == 1 ? new SingleMembership(node.membership().self()) : node.membership();
    }

    private void openDirectories() {
        List<DirectoryWriter> started = new ArrayList<>();
        for (Path root : configuration.settings().folders(Settings.LOG_DIRS)) {
            LogDirectory directory = open(() -> LogDirectory.open(root, configuration.logDirectory(producers), clock, damage,
                    logFiles, forces), Settings.LOG_DIRS);
            FutureTask<Void> writing = new FutureTask<>(directory, null);
            workers.execute(writing);
            started.add(new DirectoryWriter(directory, writing));
        }
        writers = List.copyOf(started);
        new KnownDirectories(node.notes(), configuration.brokerId(), configuration.cluster().size() == 1,
                configuration.lostDirectories(), () -> !registers().keys(TOPIC_REGISTERS).isEmpty())
                .check(started.stream().map(DirectoryWriter::directory).toList());
    }

    /** @param settings those that an operator may have to change when it fails */
    private <T extends AutoCloseable> T open(Supplier<T> opening, Setting... settings) {
        if (stopping) {
            throw new CancellationException("stopped while starting");
        }
        return opened.open(opening, settings);
    }

    State state() {
        return state;
    }

    /** Why the state is FAILED; else null. */
    String startFailure() {
        return startFailure;
    }

    /** Files of logs that are open, all directories together. */
    OpenFiles logFiles() {
        return logFiles;
    }

    ProducerCount producers() {
        return producers;
    }

    /** The log directories that are open. */
    List<DirectoryWriter> writers() {
        return writers;
    }

    /** How the compaction of logs stands; null until the server serves. */
    CleanerProgress cleaning() {
        Upkeep current = upkeep;
        return current == null ? null : current.cleaning();
    }

    /** Why registers cannot be changed any more; else null. */
    LogDirectoryOfflineException journalFailure() {
        ClusterNode current = node;
        return current == null ? null : current.failure();
    }

    /** Whether the journal failed, so that the server takes part in nothing until it is restarted. */
    boolean needsRestart() {
        ClusterNode current = node;
        return current != null && current.needsRestart();
    }

    /** How the agreement of the cluster stands; null until the cluster's member runs. */
    AgreementStatus agreement() {
        ClusterNode current = node;
        return current == null ? null : current.status();
    }

    /** See {@link ClusterNode#recover}. */
    void recover(Set<Integer> kept, Set<Integer> replaced) {
        ClusterNode current = node;
        if (current == null) {
            throw new BrokerException(ErrorKind.UNAVAILABLE, "the server is starting: try again in a moment");
        }
        current.recover(kept, replaced);
    }

    /** How many batches are known to be damaged, and not mended yet. */
    long damagedBatches() {
        return damage.batches();
    }

    /** Batches that are damaged, small files that were found so, and partitions that do not work; at most {@code limit}. Empty unless SERVING. */
    List<String> damage(int limit) {
        if (state != State.SERVING) {
            return List.of();
        }
        List<String> all = new ArrayList<>(damage.all());
        all.addAll(UnavailablePartitions.reasons(broker, configuration.brokerId(), limit));
        return all.subList(0, Math.min(limit, all.size()));
    }

    /** Partitions whose only log is gone, a sentence for each. Empty unless SERVING. */
    List<String> lost() {
        return state == State.SERVING ? broker.lostPartitions() : List.of();
    }

    /** Logs that were set aside, a sentence for each. Empty unless SERVING. */
    List<String> strays() {
        return state == State.SERVING ? broker.strayLogs() : List.of();
    }

    /** The partitions of an internal topic that are led here, see {@link Coordination#status}. Empty unless SERVING. */
    List<CoordinatorStatus> coordinators(String topic) {
        return state == State.SERVING ? coordination.status(topic) : List.of();
    }

    /** Transactions that hold readers back for longer than they should, a sentence for each. Empty unless SERVING. */
    List<String> hangingTransactions() {
        return state == State.SERVING ? coordination.transactionWatch().notes() : List.of();
    }

    /** @throws BrokerException UNAVAILABLE unless the state is SERVING */
    Broker broker() {
        requireServing();
        return broker;
    }

    /** @throws BrokerException UNAVAILABLE unless the state is SERVING */
    Coordination coordination() {
        requireServing();
        return coordination;
    }

    private void requireServing() {
        if (state == State.SERVING) {
            return;
        }
        throw new BrokerException(ErrorKind.UNAVAILABLE, switch (state) {
            case FAILED -> "the server could not start: " + startFailure;
            case STOPPED -> "the server is stopping";
            case AWAITING_MAJORITY -> "the server waits for a majority of the cluster's servers: " + problem();
            default -> "the server is starting: try again in a moment";
        });
    }

    private String problem() {
        AgreementStatus status = agreement();
        return status == null || status.available() ? "try again in a moment" : status.problem();
    }

    /**
     * Hands over to other servers, and then ends everything; a start that is under way ends as soon as its present step is
     * done. Blocks until that is done, whoever began it. May be called again.
     */
    @Override
    public void close() {
        stopping = true;
        synchronized (this) {
            if (state == State.SERVING) {
                handOver();
            }
            state = State.STOPPED;
            closeAll();
        }
    }

    private void handOver() {
        try {
            new HandOver(broker, coordination.groups(), passedWaits).run();
        } catch (RuntimeException | Error failure) { // what is open is closed all the same
            LOG.log(Level.WARNING, "not everything could be handed over before the stop; the others take it over", failure);
        }
    }

    /** Whether it is about to stop, be it that it still serves or not. */
    boolean isStopping() {
        return stopping;
    }

    private void closeAll() {
        writers = List.of();
        opened.closeDownTo(0);
        node = null;
    }
}
