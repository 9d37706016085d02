package io.millrace.rest.entry;

import io.millrace.rest.guard.Meter;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletRequest;
import java.io.IOException;

/** A body whose bytes are counted as they come. */
final class MeteredInput extends ServletInputStream {
    private final ServletInputStream in;
    private final Meter meter;

    private MeteredInput(ServletInputStream in, Meter meter) {
        this.in = in;
        this.meter = meter;
    }

    /** The stream itself where nobody counts. */
    static ServletInputStream of(ServletRequest request, ServletInputStream in) {
        Meter meter = Meter.of(request);
        return meter == null ? in : new MeteredInput(in, meter);
    }

    @Override
    public int read() throws IOException {
        int octet = in.read();
        meter.received(octet < 0 ? 0 : 1);
        return octet;
    }

    @Override
    public int read(byte[] into, int from, int wanted) throws IOException {
        int read = in.read(into, from, wanted);
        meter.received(Math.max(0, read));
        return read;
    }

    @Override
    public boolean isFinished() {
        return in.isFinished();
    }

    @Override
    public boolean isReady() {
        return in.isReady();
    }

    @Override
    public void setReadListener(ReadListener listener) {
        in.setReadListener(listener);
    }

    @Override
    public int available() throws IOException {
        return in.available();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
