using System.Collections.Concurrent;
using System.Globalization;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>What <c>--dtype auto</c> comes to on this machine: 16 bits where the model's products really run faster in
/// them.</summary>
/// <param name="Why">What was measured, in words.</param>
internal sealed record DtypeChoice(Dtype Dtype, string Why)
{
    /// <summary>Below this the conversions around a product (norms, rotary angles, adapters stay in float32) eat what
    /// the product gains.</summary>
    public const double Worthwhile = 1.3;

    private static readonly ConcurrentDictionary<string, DtypeChoice> Made = new(StringComparer.Ordinal);

    /// <summary>Measures once a process and device, in about a second.</summary>
    public static DtypeChoice On(Device device) =>
        Made.GetOrAdd(
            device.ToString(),
            _ => From(t => MatmulRate.Speedup(t, device), gpu: device.type == TorchSharp.DeviceType.CUDA)
        );

    /// <summary>The choice: bf16 before f16, which needs loss scaling and is therefore only for GPUs.</summary>
    /// <param name="speedup">How many times as fast as float32 a type multiplies.</param>
    internal static DtypeChoice From(Func<Dtype, double> speedup, bool gpu)
    {
        List<string> seen = [];
        foreach (Dtype dtype in gpu ? new[] { Dtype.Bf16, Dtype.F16 } : [Dtype.Bf16])
        {
            double times = speedup(dtype);
            seen.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{EnumNames.Of(dtype)} multiplies {times:0.0#} times as fast as f32"
                )
            );
            if (times >= Worthwhile)
            {
                return new DtypeChoice(dtype, string.Join(" and ", seen));
            }
        }

        return new DtypeChoice(
            Dtype.F32,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{string.Join(" and ", seen)}, less than the {Worthwhile} from which it is worth it"
            )
        );
    }
}
