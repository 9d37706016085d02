package io.millrace.broker;

import java.util.concurrent.atomic.AtomicLong;

/** Memory that is counted, and runs out when the test wants it to. */
final class CountedMemory implements ReadMemory {
    private final AtomicLong taken = new AtomicLong();
    private volatile Runnable onTake = () -> { };

    @Override
    public void take(long bytes) {
        onTake.run();
        taken.addAndGet(bytes);
    }

    @Override
    public void release() {
        taken.set(0);
    }

    @Override
    public ReadMemory part() {
        return this;
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
