package io.millrace.agreement.hazelcast;

import com.hazelcast.cluster.Member;

/** What a member tells about itself to the others. */
public final class MemberAttributes {
    static final String BROKER = "broker";
    static final String SESSION = "session";
    static final String URL = "url";
    static final String RACK = "rack";
    static final String WITNESS = "witness";

    private MemberAttributes() {
    }

    public static boolean isBroker(Member member) {
        return member.getAttribute(BROKER) != null;
    }

    /** Of a member that is a broker. */
    public static io.millrace.agreement.Member broker(Member member) {
        return new io.millrace.agreement.Member(brokerId(member), member.getAttribute(SESSION),
            member.getAttribute(URL), member.getAttribute(RACK));
    }

    /** Of a member that is a broker. */
    public static int brokerId(Member member) {
        return Integer.parseInt(member.getAttribute(BROKER));
    }
}
