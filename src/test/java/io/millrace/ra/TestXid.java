package io.millrace.ra;

import java.nio.charset.StandardCharsets;
import javax.transaction.xa.Xid;

record TestXid(int format, byte[] global, byte[] branch) implements Xid {
    static Xid of(String global) {
        return new TestXid(1, global.getBytes(StandardCharsets.UTF_8), new byte[] {1});
    }

    @Override
    public int getFormatId() {
        return format;
    }

    @Override
    public byte[] getGlobalTransactionId() {
        return global;
    }

    @Override
    public byte[] getBranchQualifier() {
        return branch;
    }
}
