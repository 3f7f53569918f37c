using System.Globalization;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Torch.Interop;
using TorchSharp;

namespace Fulcrum.Torch.Kernels;

/// <summary>Speedups of dtypes over float32 that this machine reached before, in the user's cache folder: measuring
/// them takes longer than answering one request.</summary>
internal static class KeptSpeedups
{
    // On a busy machine a speedup close to the threshold may be measured on its wrong side.
    private const double Unclear = 1.3;
    private const int LongestText = 64;

    /// <summary>Returns the speedup on a device of this machine, measured or kept.</summary>
    /// <remarks>Nothing is kept of GPUs, which are measured quickly.</remarks>
    public static double On(torch.Device device, Dtype dtype)
    {
        double Measure() => MatmulRate.Speedup(dtype, device);
        string? folder = device.type == DeviceType.CPU ? Folder() : null;
        return folder is null
            ? Measure()
            : Of(Path.Combine(folder, Sha256.OfTexts(Machine(), EnumNames.Of(dtype))[..16]), Measure);
    }

    /// <summary>Returns the speedup that a file keeps. Without one that can be read it is measured, and kept if it is
    /// clearly above or below <see cref="DtypeChoice.Worthwhile"/>.</summary>
    internal static double Of(string path, Func<double> measure)
    {
        if (Read(path) is { } kept)
        {
            return kept;
        }

        double measured = measure();
        if (measured is > DtypeChoice.Worthwhile * Unclear or < DtypeChoice.Worthwhile / Unclear)
        {
            Write(path, measured);
        }

        return measured;
    }

    // What the rate of a matmul depends on.
    private static string Machine() =>
        string.Join(
            '\n',
            Hardware.Processor("model name"),
            Hardware.Processor("flags"),
            torch.get_num_threads(),
            Libtorch.Version,
            typeof(KeptSpeedups).Assembly.GetName().Version
        );

    private static string? Folder() =>
        UserCache.Folder() is { } cache ? Path.Combine(cache, "fulcrum", "speedups") : null;

    private static double? Read(string path)
    {
        try
        {
            string? text = BoundedFile.ReadTextIfThere(path, LongestText);
            bool good = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double speedup);
            return good && speedup > 0 && double.IsFinite(speedup) ? speedup : null;
        }
        catch (FulcrumException)
        {
            return null;
        }
    }

    private static void Write(string path, double speedup)
    {
        try
        {
            AtomicFile.WriteText(path, speedup.ToString(CultureInfo.InvariantCulture));
        }
        catch (FulcrumException)
        {
            // It is measured again next time.
        }
    }
}
