package io.millrace.transaction;

import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.AgreementCalls;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import jakarta.json.Json;
import jakarta.json.JsonException;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.util.Optional;

/**
 * Gives producer ids (KIP-98), each once in the life of the cluster. A broker takes them in blocks from a register by
 * compare-and-set, which a majority of the journals holds before any id of the block is given: so none is given again
 * after all servers were restarted, either. What is left of a block when the broker stops is given to nobody, and so is
 * a block of which nobody knows whether it was taken. Thread-safe.
 *
 * <p>Ids that the cluster uses itself are far above those of clients, so that no request of a client is ever taken for the
 * cluster's own.
 */
public final class ProducerIds {
    static final String REGISTER = "producer-ids";
    /** How many ids a broker takes at a time. */
    static final int BLOCK = 1_000;

    /** The ids of the cluster's own begin here. */
    private static final long INTERNAL = 1L << 62;
    private static final String NEXT = "nextProducerId";
    private static final long NONE = -1;

    private final RegisterStore registers;
    private final AgreementCalls calls;
    /** The first id of the block that was not given yet, and the first beyond the block. Guarded by this. */
    private long next;
    private long end;
    /** Below are ids of blocks that brokers have taken, as far as is known. Grows; written by one call at a time. */
    private volatile long taken;

    /** @param calls for the calls of the agreement, of which there is one at a time */
    public ProducerIds(RegisterStore registers, AgreementCalls calls) {
        this.registers = registers;
        this.calls = calls;
    }

    /**
     * The next id, 0 or above. Blocks while a block is taken: as long as {@link AgreementCalls#await} waits.
     *
     * @throws BrokerException UNAVAILABLE when the agreement does not answer: try again
     */
    public long next() {
        long id = take();
        while (id == NONE) {
            calls.await(REGISTER, this::refill);
            id = take();
        }
        return id;
    }

    /** As {@link #next()}, for a producer of the cluster's own: 2^62 or above. */
    public long nextInternal() {
        return INTERNAL + next();
    }

    /**
     * Makes sure that an id with which a client produces is not one of its own making, which may be somebody else's later: that
     * it is in a block that a broker has taken. Blocks, as above, only for ids beyond the blocks that are known.
     *
     * @throws BrokerException INVALID_RECORD when it is not; UNAVAILABLE when the agreement does not answer: try again
     */
    public void requireGiven(long id) {
        if (id >= taken && id < INTERNAL) {
            calls.await(REGISTER, this::refill);
        }
        if (id >= taken) {
            throw new BrokerException(ErrorKind.INVALID_RECORD, ("nobody was given the producer id %d: get one with POST /producers,"
                    + " and send the records with that").formatted(id));
        }
    }

    private synchronized long take() {
        return next < end ? next++ : NONE;
    }

    private synchronized boolean isEmpty() {
        return next == end;
    }

    /** Two never run at once. Whoever asked while the last one ran finds what that one took, or what others took by now. */
    private void refill() {
        if (isEmpty()) {
            long first = takeBlock();
            synchronized (this) {
                next = first;
                end = first + BLOCK;
            }
            taken = first + BLOCK;
        } else {
            taken = registers.read(REGISTER).map(ProducerIds::decode).orElse(0L);
        }
    }

    /** @return the first id of a block of this broker's own */
    private long takeBlock() {
        while (true) {
            Optional<Register> found = registers.read(REGISTER);
            long first = found.map(ProducerIds::decode).orElse(0L);
            long version = found.map(Register::version).orElse(RegisterStore.ABSENT);
            if (registers.compareAndSet(REGISTER, version, encode(Math.addExact(first, BLOCK))).isPresent()) {
                return first;
            }
            // another broker was faster: the next block is free, or the one after it
        }
    }

    private static String encode(long next) {
        return Json.createObjectBuilder().add(NEXT, next).build().toString();
    }

    private static long decode(Register register) {
        try (JsonReader reader = Json.createReader(new StringReader(register.value()))) {
            return reader.readObject().getJsonNumber(NEXT).longValueExact();
        } catch (JsonException | ArithmeticException | ClassCastException | NullPointerException e) {
            throw new IllegalStateException("register " + register.key() + " holds what this version of Millrace did not write: "
                    + register.value(), e);
        }
    }
}
