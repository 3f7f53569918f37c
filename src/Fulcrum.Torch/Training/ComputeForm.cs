using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;

namespace Fulcrum.Torch.Training;

/// <summary><c>compute.json</c> beside an adapter: in what form its model computed while it was trained.</summary>
/// <remarks>What <c>auto</c> came to when a training began stays so when the training goes on, even where another
/// measurement would decide otherwise.</remarks>
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

    private static ComputeForm? ReadFrom(string path)
    {
        try
        {
            return File.Exists(path)
                ? JsonSerializer.Deserialize<ComputeForm>(BoundedFile.ReadText(path), JsonLines.Output)
                : null;
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not what a training wrote: {e.Message}", e);
        }
    }
}
