package io.millrace.broker;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.replica.hosting.ReadMemory;
import java.util.concurrent.atomic.AtomicLong;

/** Memory that is counted, and runs out when the test wants it to. */
final class CountedMemory implements ReadMemory {
    private final AtomicLong taken = new AtomicLong();
    private final CountedMemory whole;
    private volatile Runnable onTake = () -> { };

    CountedMemory() {
        this(null);
    }

    private CountedMemory(CountedMemory whole) {
        this.whole = whole;
    }

    @Override
    public void take(long bytes) {
        onTake.run();
        if (whole != null) {
            whole.take(bytes);
        }
        taken.addAndGet(bytes);
    }

    @Override
    public void release() {
        giveBack(taken.get());
    }

    private void giveBack(long bytes) {
        long counted = taken.getAndUpdate(held -> Math.max(0, held - bytes));
        if (whole != null) {
            whole.giveBack(Math.min(bytes, counted));
        }
    }

    @Override
    public ReadMemory part() {
        return new CountedMemory(this);
    }

    long taken() {
        return taken.get();
    }

    /** The heap has no room any more. */
    void exhaust() {
        onTake = () -> {
            throw new OutOfMemoryError("as the test wants it");
        };
    }

    /** What requests may have together is in use. */
    void refuse() {
        onTake = () -> {
            throw new BrokerException(ErrorKind.OVERLOADED, "as the test wants it");
        };
    }
}
