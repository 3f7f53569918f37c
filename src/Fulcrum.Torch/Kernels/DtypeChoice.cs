using System.Collections.Concurrent;
using System.Globalization;
using Fulcrum.Data;
using Fulcrum.Models;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Kernels;

/// <summary>Resolves the dtype <c>auto</c> on this machine: 16 bits if the model's matmuls are faster in 16
/// bits.</summary>
/// <param name="Why">The measurement, as a sentence.</param>
internal sealed record DtypeChoice(Dtype Dtype, string Why)
{
    /// <summary>Minimum speedup. Below it the conversions around a matmul cost what the matmul gains: norms, rotary
    /// angles and adapters stay in float32.</summary>
    public const double Worthwhile = 1.3;

    private static readonly ConcurrentDictionary<string, DtypeChoice> Made = new(StringComparer.Ordinal);

    /// <summary>Measures once per process and device, in about a second; on the CPU usually once per
    /// machine.</summary>
    public static DtypeChoice On(Device device) =>
        Made.GetOrAdd(
            device.ToString(),
            _ => From(t => KeptSpeedups.On(device, t), gpu: device.type == TorchSharp.DeviceType.CUDA)
        );

    /// <summary>Chooses bf16 before f16, which needs loss scaling and is used on GPUs only.</summary>
    /// <param name="speedup">Returns the speedup of a type over float32.</param>
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
