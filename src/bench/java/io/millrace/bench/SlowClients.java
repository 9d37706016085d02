package io.millrace.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that hardly read what they ask for, and others that hardly send what they announced, for as long as this is open. Who is
 * cut off begins again. One thread of its own moves all of them.
 */
final class SlowClients implements AutoCloseable {
    /** Another caller than the rest of the load, of whom the server may ask less. */
    private static final String CALLER = "127.0.0.2";
    private static final long TURN_NANOS = 100_000_000;
    private static final int TAKEN_BYTES = 256;
    /** A reader that gets nothing for so long was refused. */
    private static final int IDLE_TURNS = 10;

    private final InetSocketAddress server;
    private final List<Client> clients = new ArrayList<>();
    private final ByteBuffer taken = ByteBuffer.allocate(TAKEN_BYTES);
    private final Thread thread = new Thread(this::run, "slow clients");
    private volatile boolean closed;
    private volatile IOException failure;

    /** @param readers of this path, and as many writers to the other one */
    SlowClients(InetSocketAddress server, int readers, String host, String read, String written) throws IOException {
        this.server = server;
        String hosted = " HTTP/1.1\r\nHost: " + host + "\r\n";
        for (int i = 0; i < readers; i++) {
            clients.add(new Client("GET " + read + hosted + "Accept: " + HttpRequests.BATCH + "\r\n\r\n", false));
            clients.add(new Client("POST " + written + hosted + "Content-Type: " + HttpRequests.JSON
                    + "\r\nContent-Length: 1000\r\n\r\n{", true));
        }
        thread.start();
    }

    /** Of the thread only, once it runs. */
    private final class Client {
        private final byte[] request;
        private final boolean writes;
        private SocketChannel channel;
        private int idle;

        Client(String request, boolean writes) throws IOException {
            this.request = request.getBytes(StandardCharsets.ISO_8859_1);
            this.writes = writes;
            connect();
        }

        private void connect() throws IOException {
            channel = SocketChannel.open();
            channel.setOption(StandardSocketOptions.SO_RCVBUF, 4 * 1024);
            channel.bind(new InetSocketAddress(CALLER, 0));
            channel.connect(server);
            idle = 0;
            channel.write(ByteBuffer.wrap(request));
            channel.configureBlocking(false);
        }

        /** A little more. */
        void move() throws IOException {
            try {
                taken.clear();
                int count = channel.read(taken);
                idle = count == 0 && !writes ? idle + 1 : 0;
                if (writes && count == 0) {
                    channel.write(ByteBuffer.wrap(new byte[] {' '}));
                    return;
                } else if (!writes && count >= 0 && idle < IDLE_TURNS) {
                    return;
                }
            } catch (IOException cutOff) {
                if (closed) {
                    return;
                }
            }
            channel.close();
            connect();
        }
    }

    private void run() {
        try {
            while (!closed) {
                for (Client client : clients) {
                    client.move();
                }
                LockSupport.parkNanos(TURN_NANOS);
            }
        } catch (IOException e) {
            failure = e;
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        closed = true;
        thread.join();
        for (Client client : clients) {
            client.channel.close();
        }
        if (failure != null) {
            throw failure;
        }
    }
}
