package io.millrace.rest.entry;

import io.millrace.rest.guard.Meter;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.IOException;

/** An answer whose bytes are counted as they go. */
final class MeteredOutput extends ServletOutputStream {
    private final ServletOutputStream out;
    private final Meter meter;

    MeteredOutput(ServletOutputStream out, Meter meter) {
        this.out = out;
        this.meter = meter;
    }

    @Override
    public void write(int octet) throws IOException {
        out.write(octet);
        meter.sent(1);
    }

    @Override
    public void write(byte[] bytes, int from, int count) throws IOException {
        out.write(bytes, from, count);
        meter.sent(count);
    }

    @Override
    public boolean isReady() {
        return out.isReady();
    }

    @Override
    public void setWriteListener(WriteListener listener) {
        out.setWriteListener(listener);
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
