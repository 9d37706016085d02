package io.millrace.agreement.hazelcast;

import io.millrace.agreement.ClusterOptions;
import io.millrace.agreement.MemberAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Whether servers that are not in touch answer on their cluster ports nevertheless. */
public final class NeighbourProbe {
    private static final int CONNECT_MILLIS = 500;

    private final ClusterOptions options;

    public NeighbourProbe(ClusterOptions options) {
        this.options = options;
    }

    /** @param inTouch addresses that need not be tried, this server's own among them */
    public boolean anyAnswers(Set<InetSocketAddress> inTouch) {
        return candidates().stream().filter(address -> !inTouch.contains(address)).anyMatch(NeighbourProbe::answers);
    }

    private List<InetSocketAddress> candidates() {
        if (options.dns() == null) {
            return options.members().stream().map(MemberAddress::parse)
                .map(member -> new InetSocketAddress(member.host(), member.port())).toList();
        }
        try {
            return Arrays.stream(InetAddress.getAllByName(options.dns()))
                .map(address -> new InetSocketAddress(address, options.port())).toList();
        } catch (UnknownHostException e) {
            return List.of();
        }
    }

    private static boolean answers(InetSocketAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(address, CONNECT_MILLIS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
