package io.millrace.rest.stream;

import io.millrace.broker.produce.ProduceResult;
import io.millrace.broker.produce.RecordAccumulator;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.rest.body.MemoryBudget;
import io.millrace.rest.dialect.LineSplitter;
import io.millrace.rest.dialect.RecordFormat;
import io.millrace.rest.dialect.RecordListReader;
import io.millrace.rest.dialect.RequestException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

/**
 * Takes a body of records, one a line, and writes them some at a time, as they come: while those of before are being written the next
 * are read, and no more than these. Used by one thread, which waits for the body and for what is written. To be closed.
 */
final class LineProduce implements AutoCloseable {
    /** Lines are written when there are so many, or so many bytes of them, or when no more are at hand. */
    private static final int MOST_LINES = 2_000;
    private static final int MOST_BYTES = 512 * 1024;
    private static final int READ_BYTES = 32 * 1024;
    /** An append that the broker has not ended for so long is given up, in ms: longer than any has. */
    private static final long APPEND_MS = 120_000;
    /** How long it pauses at a time, in ms: it may be ended meanwhile. */
    private static final long PAUSE_MS = 200;

    private final InputStream body;
    private final RecordFormat format;
    private final int partition;
    private final LineTarget target;
    private final MemoryBudget.Reservation memory;
    private final LongSupplier pauseMs;
    private final LineSplitter splitter;
    private final byte[] read = new byte[READ_BYTES];
    private final LineAnswer answer = new LineAnswer();
    private final Queue<Line> lines = new ArrayDeque<>();
    private long bytes;
    private long begun;
    private Writing writing;
    /** Why nothing more is read. */
    private RuntimeException wrong;
    private boolean whole;
    /** Set by whoever ends this server. */
    private volatile BrokerException stopping;

    private record Line(long number, byte[] json) {
    }

    private record Writing(CompletableFuture<ProduceResult> result, List<Long> numbers, long bytes) {
        private String named() {
            return "lines " + numbers.get(0) + " to " + numbers.get(numbers.size() - 1);
        }
    }

    /**
     * @param partition of all records, or {@link RecordAccumulator#ANY_PARTITION}
     * @param lineBytes the most of a line
     * @param memory    holds nothing yet
     * @param pauseMs   how long the sender is over its quota yet, in ms: so long no more is read
     */
    LineProduce(InputStream body, RecordFormat format, int partition, LineTarget target, int lineBytes, MemoryBudget.Reservation memory,
                LongSupplier pauseMs) {
        this.body = body;
        this.format = format;
        this.partition = partition;
        this.target = target;
        this.memory = memory;
        this.pauseMs = pauseMs;
        this.splitter = new LineSplitter(lineBytes, more -> {
            begun = more;
            reserve();
        });
    }

    /** From any thread. */
    void stop(BrokerException why) {
        stopping = why;
    }

    LineAnswer answer() {
        return answer;
    }

    /**
     * Waits for the next records, and for what becomes of those before.
     *
     * @return what became of some; null: of none of them yet, or there are no more
     */
    ProduceResult next() {
        boolean waits = writing != null && !isOver() && !isAtHand();
        if (!waits && !isOver()) {
            fill();
        }
        ProduceResult done = written();
        if (answer.ending() != null) {
            endBy(answer.ending());
            lines.clear();
        }
        write();
        return done;
    }

    /** Whether there is nothing more to come from {@link #next}. */
    boolean isDone() {
        return isOver() && lines.isEmpty() && writing == null;
    }

    /**
     * What ended it before the end of the body, with how much was written; null: nothing.
     */
    RuntimeException wrong() {
        if (wrong == null) {
            return null;
        }
        String written = "; " + answer.written() + " records of this body were written, of which some may be behind it, and no more will be";
        if (wrong instanceof RequestException refused) {
            return refused.with(written);
        } else if (wrong instanceof BrokerException refused) {
            return new BrokerException(refused.kind(), refused.getMessage() + written, refused);
        }
        return wrong;
    }

    private boolean isAtHand() {
        try {
            return body.available() > 0;
        } catch (IOException e) {
            return true; // that is told by reading it
        }
    }

    private boolean isOver() {
        return whole || wrong != null;
    }

    private void end(RuntimeException why) {
        if (wrong == null) {
            endBy(why);
        }
    }

    /** What failed comes before what was read meanwhile, which is behind it. */
    private void endBy(RuntimeException why) {
        boolean first = wrong == null;
        wrong = why;
        if (first) {
            try {
                body.close(); // before something is answered: the connection is of no use any more
            } catch (IOException e) {
                wrong.addSuppressed(e);
            }
        }
    }

    /** Reads until there is enough to write. */
    private void fill() {
        try {
            do {
                pause();
                if (stopping != null) {
                    throw stopping;
                }
                int count = body.read(read, 0, read.length);
                if (count < 0) {
                    whole = true;
                    splitter.finish(this::keep);
                } else {
                    splitter.take(ByteBuffer.wrap(read, 0, count), this::keep);
                }
            } while (!isOver() && lines.size() < MOST_LINES && bytes < MOST_BYTES && (lines.isEmpty() || body.available() > 0));
        } catch (IOException e) {
            end(RequestException.brokenOff("the request body broke off in line " + splitter.number(), e));
        } catch (RequestException | BrokerException refused) {
            end(refused);
        }
    }

    private void pause() {
        try {
            for (long ms = pauseMs.getAsLong(); ms > 0 && stopping == null; ms = pauseMs.getAsLong()) {
                Thread.sleep(Math.min(ms, PAUSE_MS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokerException(ErrorKind.UNAVAILABLE, "this server is about to stop: go on with another server", e);
        }
    }

    private void keep(long number, byte[] json) {
        begun = 0;
        lines.add(new Line(number, json));
        bytes += json.length;
        reserve();
    }

    /** Lines and their records side by side, and what is being written. */
    private void reserve() {
        memory.resize(READ_BYTES + begun + 2 * bytes + (writing == null ? 0 : writing.bytes()));
    }

    /** @return null: nothing was being written */
    private ProduceResult written() {
        if (writing == null) {
            return null;
        }
        Writing last = writing;
        writing = null;
        try {
            ProduceResult result = last.result().get(APPEND_MS, TimeUnit.MILLISECONDS);
            answer.add(result, last.numbers());
            return result;
        } catch (ExecutionException e) {
            endBy(failed(last, e.getCause()));
        } catch (TimeoutException e) {
            endBy(RequestException.overloaded(last.named() + " were not written in time, and may be later"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            end(RequestException.overloaded("the server is stopping: try another one"));
        }
        lines.clear();
        return null;
    }

    private static RuntimeException failed(Writing last, Throwable cause) {
        if (cause instanceof BrokerException refused) {
            return new BrokerException(refused.kind(), last.named() + ": " + refused.getMessage(), refused);
        }
        return cause instanceof RuntimeException failure ? failure : new IllegalStateException(cause);
    }

    private void write() {
        if (lines.isEmpty()) {
            return;
        }
        List<Line> next = new ArrayList<>(lines);
        List<Line> good = next;
        RecordAccumulator records = null;
        lines.clear();
        while (records == null && !good.isEmpty()) {
            try {
                records = collected(good);
            } catch (Refused refused) {
                end(refused.why);
                good = good.subList(0, refused.index); // what a refused record leaves behind is of no use
            }
        }
        if (records != null) {
            List<Long> numbers = good.stream().map(Line::number).toList();
            writing = new Writing(produced(records), numbers, bytes);
        }
        bytes = 0;
        reserveWhatIsLeft();
    }

    private CompletableFuture<ProduceResult> produced(RecordAccumulator records) {
        try {
            return target.produce(records);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void reserveWhatIsLeft() {
        memory.resize(READ_BYTES + begun + (writing == null ? 0 : writing.bytes()));
    }

    private RecordAccumulator collected(List<Line> taken) {
        int index = 0;
        try {
            RecordAccumulator records = target.accumulator();
            RecordListReader reader = new RecordListReader(format, partition, records.partitionCount());
            for (Line line : taken) {
                try {
                    reader.readLine(line.number(), line.json(), records::append);
                } catch (BrokerException e) {
                    throw new BrokerException(e.kind(),
                            "line " + line.number() + ": " + e.getMessage().replaceFirst("^record [0-9]+:? ", ""), e);
                }
                index++;
            }
            return records;
        } catch (RequestException | BrokerException why) {
            throw new Refused(index, why);
        }
    }

    /** A line of some. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int index;
        private final transient RuntimeException why;

        Refused(int index, RuntimeException why) {
            super(why.getMessage(), why, false, false);
            this.index = index;
            this.why = why;
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
