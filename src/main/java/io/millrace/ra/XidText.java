package io.millrace.ra;

import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.transaction.xa.Xid;

/**
 * A branch's id as a text, and back: {@code <format id, hexadecimal>.<global id>.<branch qualifier>}, both of at most 64 bytes as
 * base64 for URLs, so that it has 183 characters at most.
 */
record XidText(String text) {
    private static final Pattern FORM = Pattern.compile("([0-9a-f]{1,8})\\.([\\w-]{0,86})\\.([\\w-]{0,86})");
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    static XidText of(Xid xid) {
        return new XidText(Integer.toHexString(xid.getFormatId()) + "." + ENCODER.encodeToString(xid.getGlobalTransactionId()) + "."
                + ENCODER.encodeToString(xid.getBranchQualifier()));
    }

    /** Empty when it is not of this form: somebody else's then. */
    Optional<Xid> xid() {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new BranchXid(Integer.parseUnsignedInt(form.group(1), 16), Base64.getUrlDecoder().decode(form.group(2)),
                    Base64.getUrlDecoder().decode(form.group(3))));
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
    }

    private record BranchXid(int format, byte[] global, byte[] branch) implements Xid {
        @Override
        public int getFormatId() {
            return format;
        }

        @Override
        public byte[] getGlobalTransactionId() {
            return global.clone();
        }

        @Override
        public byte[] getBranchQualifier() {
            return branch.clone();
        }
    }
}
