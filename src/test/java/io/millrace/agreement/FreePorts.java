package io.millrace.agreement;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports of loopback for servers that come later, and may leave and come back: below those that Linux gives to whoever asks for any,
 * or a connection of another test that runs at the same time could have one meanwhile.
 */
public final class FreePorts {
    private static final int FIRST = 20_000;
    private static final int BEHIND = 30_000;
    private static final int ATTEMPTS = 100;

    private FreePorts() {
    }

    /** So many that are free now. */
    public static List<Integer> choose(int count) {
        List<Integer> ports = new ArrayList<>();
        for (int attempt = 0; attempt < ATTEMPTS && ports.size() < count; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, BEHIND);
            if (!ports.contains(port) && isFree(port)) {
                ports.add(port);
            }
        }
        if (ports.size() < count) {
            throw new AssertionError("no " + count + " free ports from " + FIRST + " on");
        }
        return ports;
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException inUse) {
            return false;
        }
    }
}
