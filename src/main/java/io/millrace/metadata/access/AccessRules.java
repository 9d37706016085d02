package io.millrace.metadata.access;

import io.millrace.agreement.registers.Register;
import io.millrace.agreement.registers.RegisterStore;
import io.millrace.metadata.BrokerErrors;
import io.millrace.metadata.BrokerException;
import io.millrace.metadata.ErrorKind;
import io.millrace.security.Permission;
import io.millrace.security.Permissions;
import io.millrace.security.Quota;
import io.millrace.security.Quotas;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The permissions and quotas as this server last read them. Until it has, nobody may do anything: whoever asks is told to come again.
 * Thread-safe; asking does not block.
 */
public final class AccessRules {
    private static final Rows<Permission> PERMISSIONS = new PermissionRows();
    private static final Rows<Quota> QUOTAS = new QuotaRows();

    private volatile Known known;

    private record Known(Map<String, Long> versions, Permissions permissions, Quotas quotas) {
    }

    /** @throws BrokerException UNAVAILABLE until they have been read */
    public Permissions permissions() {
        return known().permissions();
    }

    /** @throws BrokerException UNAVAILABLE until they have been read */
    public Quotas quotas() {
        return known().quotas();
    }

    private Known known() {
        Known now = known;
        if (now == null) {
            throw new BrokerException(ErrorKind.UNAVAILABLE,
                    "the server has not read yet who may do what: try again in a moment");
        }
        return now;
    }

    /** Whether a change of this register changes them. */
    public static boolean concerns(String registerKey) {
        return registerKey.startsWith(PERMISSIONS.prefix()) || registerKey.startsWith(QUOTAS.prefix());
    }

    /**
     * Reads them again. Blocks. When that fails what was read before holds on.
     *
     * @throws BrokerException       UNAVAILABLE when the registers cannot be reached
     * @throws IllegalStateException when they hold something else
     */
    public synchronized void refresh(RegisterStore registers) {
        List<String> keys = new ArrayList<>(SpreadRegisters.keys(PERMISSIONS));
        keys.addAll(SpreadRegisters.keys(QUOTAS));
        SortedMap<String, Register> found = BrokerErrors.translating(() -> registers.readAll(keys));
        Map<String, Long> versions = new TreeMap<>();
        found.forEach((key, register) -> versions.put(key, register.version()));
        if (known == null || !known.versions().equals(versions)) {
            known = new Known(versions, new Permissions(entries(PERMISSIONS, found)), new Quotas(entries(QUOTAS, found)));
        }
    }

    private static <T> List<T> entries(Rows<T> rows, SortedMap<String, Register> found) {
        return found.entrySet().stream().filter(each -> each.getKey().startsWith(rows.prefix()))
                .flatMap(each -> rows.decode(each.getValue().value()).stream()).toList();
    }
}
