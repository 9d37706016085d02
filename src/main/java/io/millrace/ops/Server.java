package io.millrace.ops;

import io.millrace.broker.Broker;
import io.millrace.broker.BrokerException;
import io.millrace.broker.BrokerObserver;
import io.millrace.broker.ErrorKind;
import io.millrace.cluster.ClusterNode;
import io.millrace.config.Settings;
import io.millrace.log.LogDirectory;
import io.millrace.log.LogObserver;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;

/**
 * All that runs in this server, put together: the cluster member, the log directories with a writer each, the broker. A
 * plain object; the container knows it through {@link Lifecycle}. Started and stopped by one thread at a time, looked at
 * by any.
 */
final class Server implements AutoCloseable {
    /** How far the start has come. */
    enum State {
        STARTING, REGISTERS_RESTORED, SERVING, FAILED, STOPPED
    }

    /** A directory, and the task that writes it. */
    record Writer(LogDirectory directory, Future<?> task) {
        /** Whether the thread ended although nobody closed the directory and no disk failed. */
        boolean isDead() {
            return task.isDone() && directory.failure() == null;
        }
    }

    private static final System.Logger LOG = System.getLogger(Server.class.getName());

    private final Configuration configuration;
    private final ExecutorService workers;
    private final AnswerThreads answers;
    private final ScheduledExecutorService timers;
    private final Clock clock;
    private final BrokerObserver brokerObserver;
    private final LogObserver logObserver;

    /** What was opened, the newest first: closed in that order. Guarded by this. */
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private volatile State state = State.STARTING;
    private volatile List<Writer> writers = List.of();
    private volatile Broker broker;
    private volatile Exception startFailure;

    Server(Configuration configuration, ExecutorService workers, AnswerThreads answers, ScheduledExecutorService timers,
           Clock clock, BrokerObserver brokerObserver, LogObserver logObserver) {
        this.configuration = configuration;
        this.workers = workers;
        this.answers = answers;
        this.timers = timers;
        this.clock = clock;
        this.brokerObserver = brokerObserver;
        this.logObserver = logObserver;
    }

    /** Blocks until the logs are recovered. A failure closes what was opened, and is told by {@link #startFailure}. */
    synchronized void start() {
        if (state == State.STOPPED) {
            return;
        }
        try {
            ClusterNode node = opened(ClusterNode.start(configuration.cluster(), workers));
            state = State.REGISTERS_RESTORED;
            List<LogDirectory> directories = new ArrayList<>();
            List<Writer> started = new ArrayList<>();
            for (Path root : configuration.settings().folders(Settings.LOG_DIRS)) {
                LogDirectory directory = LogDirectory.open(root, configuration.logDirectory(), clock, logObserver);
                started.add(new Writer(directory, workers.submit(directory)));
                directories.add(opened(directory));
            }
            writers = List.copyOf(started);
            opened(answers);
            broker = opened(Broker.open(configuration.broker(), node.registers(), directories, answers, timers, clock,
                    brokerObserver));
            state = State.SERVING;
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "Millrace cannot start: " + e.getMessage(), e);
            startFailure = e;
            state = State.FAILED;
            closeAll();
        }
    }

    private <T extends AutoCloseable> T opened(T resource) {
        opened.push(resource);
        return resource;
    }

    State state() {
        return state;
    }

    /** Why the state is FAILED; else null. */
    Exception startFailure() {
        return startFailure;
    }

    List<Writer> writers() {
        return writers;
    }

    /** @throws BrokerException UNAVAILABLE unless the state is SERVING */
    Broker broker() {
        Broker current = broker;
        if (state == State.SERVING) {
            return current;
        }
        throw new BrokerException(ErrorKind.UNAVAILABLE, switch (state) {
            case FAILED -> "the server could not start: %s; see its log".formatted(startFailure.getMessage());
            case STOPPED -> "the server is stopping";
            default -> "the server is starting: try again in a moment";
        });
    }

    @Override
    public synchronized void close() {
        state = State.STOPPED;
        closeAll();
    }

    private void closeAll() {
        while (!opened.isEmpty()) {
            AutoCloseable next = opened.pop();
            try {
                next.close();
            } catch (Exception e) {
                LOG.log(System.Logger.Level.ERROR, "closing " + next.getClass().getSimpleName(), e);
            }
        }
    }
}
