using Fulcrum.Llama.Export;
using Fulcrum.Models;
using Fulcrum.Torch;

namespace Fulcrum.Cli;

/// <summary>Models in other forms.</summary>
internal static class Exports
{
    private static readonly HashSet<string> Told = [];

    /// <summary>Writes a model folder, with its adapter merged into the weights, as a GGUF file. Warnings go to
    /// standard error, each one once.</summary>
    /// <exception cref="InputException">The model cannot be written as GGUF, or the file cannot be written.</exception>
    public static void WriteGguf(ModelSpec model, GgufFileType type, string file) => WriteGguf(model, type, file, Warn);

    /// <summary>Writes the same, and hands warnings over.</summary>
    /// <param name="warn">Null: nobody reads them.</param>
    /// <exception cref="InputException">The model cannot be written as GGUF, or the file cannot be written.</exception>
    public static void WriteGguf(ModelSpec model, GgufFileType type, string file, Action<string>? warn)
    {
        using IModelWeights weights = ModelWeights.Open(model, warn);
        GgufExport.Write(weights, model.Folder, file, type, model.Threads ?? Environment.ProcessorCount, warn);
    }

    private static void Warn(string warning)
    {
        if (Told.Add(warning))
        {
            Notices.Warn(warning);
        }
    }
}
