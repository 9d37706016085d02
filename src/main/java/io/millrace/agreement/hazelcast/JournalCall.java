package io.millrace.agreement.hazelcast;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.millrace.agreement.RegisterUnavailableException;
import io.millrace.agreement.journal.JournalRequest;
import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.Callable;

/** Carries a request to another member's journal, and the reply back, both as texts. */
public final class JournalCall implements Callable<String[]>, HazelcastInstanceAware, IdentifiedDataSerializable {
    private static final System.Logger LOGGER = System.getLogger(JournalCall.class.getName());
    /** Executor service that runs it. */
    static final String EXECUTOR = "journals";
    /** Where a member keeps its {@link JournalEntrance}, once the others may ask it. */
    public static final String ENTRANCE = "journal";
    static final int FACTORY_ID = 7001;

    private String[] request;
    private byte[] seal;
    private HazelcastInstance member;

    JournalCall() {
        // Filled by readData
    }

    /** @param receiver the member that is asked */
    JournalCall(JournalRequest request, JournalSeal seal, UUID receiver) {
        this.request = request.encode();
        this.seal = seal.of(receiver, this.request);
    }

    @Override
    public String[] call() {
        Object entrance = member.getUserContext().get(ENTRANCE);
        if (entrance == null) {
            throw new IllegalStateException("this member's journal is not open to others yet");
        }
        try {
            return ((JournalEntrance) entrance).handle(request, seal);
        } catch (RegisterUnavailableException refused) {
            throw plain(refused);
        }
    }

    /** Members read each other's exceptions of the JDK only: one of our own would end their connection, with no answer. */
    private static IllegalStateException plain(RegisterUnavailableException refused) {
        LOGGER.log(System.Logger.Level.DEBUG, "another broker is told that the journal takes nothing", refused);
        return new IllegalStateException(refused.getMessage());
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance hazelcastInstance) {
        this.member = hazelcastInstance;
    }

    @Override
    public int getFactoryId() {
        return FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return 1;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeStringArray(request);
        out.writeByteArray(seal);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        request = in.readStringArray();
        seal = in.readByteArray();
    }
}
