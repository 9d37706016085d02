package io.millrace.metadata.brokers;

import io.millrace.agreement.Member;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerErrors;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The brokers that read topics in pages, with their sessions, in the register {@code topic-page-readers}. Brokers of
 * earlier versions do not enter themselves, and one that goes back to such a version has another session: while there is
 * one, topics stay in one register. Blocks. Errors of the registers come out as UNAVAILABLE.
 */
public final class PageReaders {
    private static final String KEY = "topic-page-readers";

    private final RegisterStore registers;
    private final BrokerRegistry brokers;
    private final Jsonb jsonb = JsonbBuilder.create();

    public PageReaders(RegisterStore registers, BrokerRegistry brokers) {
        this.registers = registers;
        this.brokers = brokers;
    }

    /** The JSON of the register. */
    public static final class ReadersBean {
        /** Sessions by broker id. */
        public TreeMap<String, String> sessions = new TreeMap<>();
    }

    /** This broker is one of them in this session. To be called before it is ready for anything. */
    public void enter() {
        Member self = brokers.membership().self();
        String id = Integer.toString(self.brokerId());
        BrokerErrors.translating(() -> {
            boolean entered = false;
            while (!entered) {
                Optional<Register> present = registers.read(KEY);
                ReadersBean readers = decode(present);
                entered = self.session().equals(readers.sessions.put(id, self.session()))
                        || set(present.map(Register::version).orElse(RegisterStore.ABSENT), jsonb.toJson(readers));
            }
            return null;
        });
    }

    private boolean set(long version, String json) {
        try {
            return registers.compareAndSet(KEY, version, json).isPresent();
        } catch (RegisterUnavailableException outcomeUnknown) {
            if (registers.read(KEY).filter(now -> now.value().equals(json)).isPresent()) {
                return true;
            }
            throw outcomeUnknown;
        }
    }

    /** Whether every broker is that ever took part, with what its last session was. */
    public boolean areAll() {
        return BrokerErrors.translating(() -> {
            brokers.refresh();
            Map<String, String> sessions = decode(registers.read(KEY)).sessions;
            return brokers.known().stream()
                    .allMatch(broker -> broker.session().equals(sessions.get(Integer.toString(broker.id()))));
        });
    }

    private ReadersBean decode(Optional<Register> register) {
        return register.map(present -> jsonb.fromJson(present.value(), ReadersBean.class)).orElseGet(ReadersBean::new);
    }
}
