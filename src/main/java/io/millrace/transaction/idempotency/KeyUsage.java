package io.millrace.transaction.idempotency;

import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import java.util.HashMap;
import java.util.Map;

/**
 * What the requests of a partition take of what there is for them. A plain part of {@link IdempotencyMachine}.
 *
 * <p>Of the places of unfinished requests a topic gets no more than are still free: half of them when it alone cannot be written
 * to, so that requests for others go on. (The dynamic thresholds of Choudhury and Hahne, IEEE/ACM Transactions on Networking 6:2,
 * with a factor of one.)
 */
final class KeyUsage {
    /** What counts as one key, in bytes of its text, its layout and its offsets. */
    private static final int UNIT_BYTES = 512;

    private final IdempotencyOptions options;
    /** What the requests count as. */
    private long units;
    /** How many of them are prepared, in all and by topic; of those that have any. */
    private int unfinished;
    private final Map<String, Integer> unfinishedByTopic = new HashMap<>();

    KeyUsage(IdempotencyOptions options) {
        this.options = options;
    }

    void add(IdempotencyKey key, StoredValue.OfRequest request) {
        units += units(key, request.layout());
        if (request instanceof StoredValue.Prepared) {
            unfinished++;
            unfinishedByTopic.merge(key.topic(), 1, Integer::sum);
        }
    }

    void remove(IdempotencyKey key, StoredValue.OfRequest request) {
        units -= units(key, request.layout());
        if (request instanceof StoredValue.Prepared) {
            unfinished--;
            unfinishedByTopic.computeIfPresent(key.topic(), (same, count) -> count == 1 ? null : count - 1);
        }
    }

    private static int units(IdempotencyKey key, Layout layout) {
        int bytes = key.text().length() + layout.bytes().length + layout.partitionCount() * Long.BYTES;
        return 1 + bytes / UNIT_BYTES;
    }

    /** What there would be with one more request. */
    Room roomFor(IdempotencyKey key, Layout layout) {
        return new Room(key.topic(), units(key, layout));
    }

    /** Changes nothing of what is used. */
    final class Room {
        private final String topic;
        private long unitsThen;
        private int unfinishedThen;
        private int ofTopicThen;

        private Room(String topic, int ownUnits) {
            this.topic = topic;
            this.unitsThen = units + ownUnits;
            this.unfinishedThen = unfinished + 1;
            this.ofTopicThen = unfinishedByTopic.getOrDefault(topic, 0) + 1;
        }

        /** Counts without a request that is forgotten for it. */
        void without(IdempotencyKey key, StoredValue.OfRequest forgotten) {
            unitsThen -= units(key, forgotten.layout());
            if (forgotten instanceof StoredValue.Prepared) {
                unfinishedThen--;
                ofTopicThen -= key.topic().equals(topic) ? 1 : 0;
            }
        }

        boolean isTooSmall() {
            return unitsThen > options.maxKeys() || ofTopicThen > freeBefore();
        }

        private int freeBefore() {
            return options.maxUnfinished() - (unfinishedThen - 1);
        }

        /** @throws BrokerException OVERLOADED when it is too small */
        void require() {
            if (unitsThen > options.maxKeys()) {
                throw new BrokerException(ErrorKind.OVERLOADED, ("the idempotency keys that are known where this one would be, would"
                        + " count as %d of %d with it: wait until some expire, let them expire sooner"
                        + " (millrace.idempotency.expiration.ms), or raise that (millrace.idempotency.max.keys)").formatted(
                                unitsThen, options.maxKeys()));
            }
            if (ofTopicThen > freeBefore()) {
                throw new BrokerException(ErrorKind.OVERLOADED, ("%d requests with idempotency keys, %d of them for topic '%s', were"
                        + " begun where this one would be, and not carried out as a whole: of %d places for such requests a topic has"
                        + " no more than it leaves free. Repeat those with their keys as soon as their partitions can be written to,"
                        + " wait until some expire, or raise that (millrace.idempotency.max.unfinished)").formatted(
                                unfinishedThen - 1, ofTopicThen - 1, topic, options.maxUnfinished()));
            }
        }
    }
}
