package io.millrace.metadata.coordinators;

import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerErrors;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import java.util.Arrays;
import java.util.List;

/**
 * The register {@code coordinators}, which the controller alone writes. Blocks. Errors of the register come out as
 * UNAVAILABLE.
 */
public final class CoordinatorStore {
    public static final String KEY = "coordinators";
    static final Stored NOTHING = new Stored(0, List.of(), RegisterStore.ABSENT);

    private final RegisterStore registers;
    private final Jsonb jsonb = JsonbBuilder.create();

    public CoordinatorStore(RegisterStore registers) {
        this.registers = registers;
    }

    /**
     * The register's content.
     *
     * @param controllerEpoch of the controller that wrote it
     * @param buckets         see {@link CoordinatorBuckets}; empty: never written
     * @param version         of the register
     */
    public record Stored(int controllerEpoch, List<Integer> buckets, long version) {
    }

    /** The JSON of the register. */
    public static final class CoordinatorsBean {
        public int controllerEpoch;
        public int[] buckets;
    }

    public Stored read() {
        return BrokerErrors.translating(() -> registers.read(KEY).map(this::decode).orElse(NOTHING));
    }

    /**
     * Writes over the version that was read.
     *
     * @return false when another change came first: read again
     */
    public boolean write(int controllerEpoch, List<Integer> buckets, long expectedVersion) {
        CoordinatorsBean bean = new CoordinatorsBean();
        bean.controllerEpoch = controllerEpoch;
        bean.buckets = buckets.stream().mapToInt(Integer::intValue).toArray();
        String json = jsonb.toJson(bean);
        return BrokerErrors.translating(() -> {
            try {
                return registers.compareAndSet(KEY, expectedVersion, json).isPresent() || holds(json);
            } catch (RegisterUnavailableException outcomeUnknown) {
                if (holds(json)) {
                    return true;
                }
                throw outcomeUnknown;
            }
        });
    }

    /** Whether our own write took effect although it was answered otherwise: a compare-and-set may be replayed. */
    private boolean holds(String json) {
        return registers.read(KEY).map(Register::value).filter(json::equals).isPresent();
    }

    private Stored decode(Register register) {
        CoordinatorsBean bean = jsonb.fromJson(register.value(), CoordinatorsBean.class);
        List<Integer> buckets = Arrays.stream(bean.buckets).boxed().toList();
        if (buckets.size() != CoordinatorBuckets.COUNT) {
            throw new IllegalStateException("the register " + KEY + " has " + buckets.size() + " buckets, not "
                    + CoordinatorBuckets.COUNT);
        }
        return new Stored(bean.controllerEpoch, buckets, register.version());
    }
}
