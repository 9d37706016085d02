package io.millrace.metadata.brokers;

import io.millrace.agreement.Member;
import io.millrace.agreement.Membership;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * The brokers, in the register {@code brokers}. One is up, so that it may lead and count as in sync, when it is in touch
 * and has entered itself here in this session, which it does once its logs are recovered. Thread-safe; reads and writes
 * of the register block.
 */
public final class BrokerRegistry {
    public static final String KEY = "brokers";

    private final RegisterStore registers;
    private final Membership membership;
    private final Jsonb jsonb = JsonbBuilder.create();
    private volatile Map<Integer, KnownBroker> known = Map.of();
    private volatile boolean leaving;

    public BrokerRegistry(RegisterStore registers, Membership membership) {
        this.registers = registers;
        this.membership = membership;
    }

    /** The JSON of a broker. */
    public static final class BrokerBean {
        public int id;
        public String session;
        public String url;
        public String rack;
        public boolean leaving;
    }

    /** Reads the register again. */
    public void refresh() {
        known = BrokerErrors.translating(() -> decode(registers.read(KEY)));
    }

    /**
     * This broker is back in a new session, and not ready: from now on nothing counts that it did in an earlier one.
     */
    public void arrive() {
        Member self = membership.self();
        change(self.brokerId(), before -> new KnownBroker(self.brokerId(), self.session(), self.url(), self.rack(),
                true));
    }

    /** This broker is ready. */
    public void enter() {
        Member self = membership.self();
        change(self.brokerId(), before -> new KnownBroker(self.brokerId(), self.session(), self.url(), self.rack(),
                false));
    }

    /**
     * This broker is about to stop: nothing is given to it any more. Another session of it is left as it is.
     *
     * @throws BrokerException UNAVAILABLE when the others cannot be told now
     */
    public void leave() {
        leaving = true;
        Member self = membership.self();
        change(self.brokerId(), before -> before == null || !before.session().equals(self.session()) ? before
                : new KnownBroker(before.id(), before.session(), before.url(), before.rack(), true));
    }

    /** Whether this broker is about to stop, be it that the others were told or not. */
    public boolean isLeaving() {
        return leaving;
    }

    private void change(int id, UnaryOperator<KnownBroker> change) {
        BrokerErrors.translating(() -> {
            while (true) {
                Optional<Register> present = registers.read(KEY);
                Map<Integer, KnownBroker> before = decode(present);
                Map<Integer, KnownBroker> after = new TreeMap<>(before);
                after.compute(id, (same, entry) -> change.apply(entry));
                long version = present.map(Register::version).orElse(RegisterStore.ABSENT);
                if (after.equals(before) || set(version, after)) {
                    known = after;
                    return null;
                }
            }
        });
    }

    private boolean set(long version, Map<Integer, KnownBroker> after) {
        try {
            return registers.compareAndSet(KEY, version, encode(after)).isPresent();
        } catch (RegisterUnavailableException outcomeUnknown) {
            if (decode(registers.read(KEY)).equals(after)) {
                return true;
            }
            throw outcomeUnknown;
        }
    }

    /** As last read, by id. */
    public List<KnownBroker> known() {
        return List.copyOf(known.values());
    }

    /** Ids of the brokers that are up, sorted. This one is not from the moment on at which it began to leave. */
    public Set<Integer> live() {
        Map<Integer, KnownBroker> entered = known;
        Set<Integer> live = new TreeSet<>();
        for (Member member : membership.live()) {
            KnownBroker broker = entered.get(member.brokerId());
            boolean goes = leaving && member.session().equals(membership.self().session());
            if (broker != null && !broker.leaving() && !goes && broker.session().equals(member.session())) {
                live.add(member.brokerId());
            }
        }
        return live;
    }

    /** The session of a broker that is ready, as last read; null when it is not. */
    public String session(int brokerId) {
        KnownBroker broker = known.get(brokerId);
        return broker == null || broker.leaving() ? null : broker.session();
    }

    /** The member behind a broker id, if it is in touch. */
    public Optional<Member> member(int brokerId) {
        return membership.live().stream().filter(member -> member.brokerId() == brokerId).findFirst();
    }

    /** The brokers that are up, but for this one; sorted by id. */
    public List<Member> others() {
        int self = membership.self().brokerId();
        return live().stream().filter(id -> id != self).flatMap(id -> member(id).stream()).toList();
    }

    public Membership membership() {
        return membership;
    }

    private String encode(Map<Integer, KnownBroker> brokers) {
        return jsonb.toJson(brokers.values().stream().map(broker -> {
            BrokerBean bean = new BrokerBean();
            bean.id = broker.id();
            bean.session = broker.session();
            bean.url = broker.url();
            bean.rack = broker.rack();
            bean.leaving = broker.leaving();
            return bean;
        }).toArray(BrokerBean[]::new));
    }

    private Map<Integer, KnownBroker> decode(Optional<Register> register) {
        Map<Integer, KnownBroker> brokers = new TreeMap<>();
        register.ifPresent(present -> {
            for (BrokerBean bean : jsonb.fromJson(present.value(), BrokerBean[].class)) {
                brokers.put(bean.id, new KnownBroker(bean.id, bean.session, bean.url, bean.rack, bean.leaving));
            }
        });
        return brokers;
    }
}
