using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;

namespace Fulcrum.Torch.Training;

/// <summary><c>compute.json</c> next to an adapter: dtype, quantisation and device of its training.</summary>
/// <remarks>A resumed training uses what <c>auto</c> resolved to at its start, even if a new measurement would
/// differ.</remarks>
internal sealed record ComputeForm(Dtype Dtype, Quantization Quantization, string Device)
{
    /// <summary>The model's plan as it stood when the training in a folder began; it begins now where the folder holds
    /// none.</summary>
    public static ModelSpec Begun(ModelSpec plan, string folder, Func<ModelSpec, ModelSpec> resolve)
    {
        string path = Path.Combine(folder, "compute.json");
        ComputeForm? then = ReadFrom(path);
        ModelSpec now = resolve(
            plan with
            {
                Dtype = plan.Dtype == Dtype.Auto ? then?.Dtype ?? Dtype.Auto : plan.Dtype,
                Device = plan.Device == "auto" ? then?.Device ?? "auto" : plan.Device,
            }
        );
        if (then is null || Directory.GetDirectories(folder, "checkpoint-*").Length == 0)
        {
            AtomicFile.WriteText(
                path,
                JsonSerializer.Serialize(new ComputeForm(now.Dtype, now.Quantization, now.Device), JsonLines.Output)
                    + "\n"
            );
        }

        return now;
    }

    private static ComputeForm? ReadFrom(string path) =>
        StoredJson.ReadIfThere<ComputeForm>(path, "what a training wrote");
}
