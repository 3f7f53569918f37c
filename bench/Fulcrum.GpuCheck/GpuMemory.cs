using System.Diagnostics;
using System.Globalization;

namespace Fulcrum.GpuCheck;

/// <summary>Samples the memory that this process occupies on GPUs, by <c>nvidia-smi</c>.</summary>
internal sealed class GpuMemory : IDisposable
{
    private readonly CancellationTokenSource ended = new();
    private readonly Task sampling;
    private double most = double.NaN;

    public GpuMemory() => sampling = Task.Run(Sample);

    /// <summary>The largest sample, in MiB; NaN if <c>nvidia-smi</c> tells nothing.</summary>
    public double MostMebibytes => Volatile.Read(ref most);

    /// <inheritdoc/>
    public void Dispose()
    {
        ended.Cancel();
        sampling.Wait();
        ended.Dispose();
    }

    private void Sample()
    {
        while (!ended.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(0.5)) && Now() is { } now)
        {
            Volatile.Write(ref most, double.IsNaN(most) ? now : Math.Max(most, now));
        }
    }

    private static double? Now()
    {
        ProcessStartInfo start = new("nvidia-smi", "--query-compute-apps=pid,used_memory --format=csv,noheader,nounits")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process query = Process.Start(start)!;
            string[] lines = query.StandardOutput.ReadToEnd().Split('\n');
            string[]? mine = lines
                .Select(l => l.Split(',', StringSplitOptions.TrimEntries))
                .FirstOrDefault(l => l is [{ } pid, _] && pid == $"{Environment.ProcessId}");
            return mine is null ? 0 : double.Parse(mine[1], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or FormatException)
        {
            return null;
        }
    }
}
