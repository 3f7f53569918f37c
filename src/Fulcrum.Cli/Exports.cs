using Fulcrum.Data;
using Fulcrum.Llama.Export;
using Fulcrum.Models;
using Fulcrum.Torch;

namespace Fulcrum.Cli;

/// <summary>Models in other forms.</summary>
internal static class Exports
{
    /// <summary>Writes a model folder, with its adapter merged into the weights, as a GGUF file. Warnings go to
    /// standard error.</summary>
    /// <exception cref="InputException">The model cannot be written as GGUF, or the file cannot be written.</exception>
    /// <param name="type">The file's numeric form, as <c>q8_0</c>.</param>
    public static void WriteGguf(ModelSpec model, string type, string file) =>
        WriteGguf(model, EnumNames.Parse<GgufFileType>(type, "gguf"), file);

    /// <inheritdoc cref="WriteGguf(ModelSpec, string, string)"/>
    public static void WriteGguf(ModelSpec model, GgufFileType type, string file)
    {
        static void Warn(string warning) => Console.Error.WriteLine($"warning: {warning}");
        using IModelWeights weights = ModelWeights.Open(model, Warn);
        GgufExport.Write(weights, model.Folder, file, type, model.Threads ?? Environment.ProcessorCount, Warn);
    }
}
