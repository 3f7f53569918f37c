namespace Fulcrum.Models;

/// <summary>The engines of a program, and what trains and converts models.</summary>
/// <param name="All">Asked in order; the first that opens a source is used.</param>
/// <param name="Trainer">Null: nothing can be trained.</param>
/// <param name="ExportGguf">Writes a model as a GGUF file of a type; null: that is not possible.</param>
public sealed record Engines(
    IReadOnlyList<IEngine> All,
    ITrainer? Trainer = null,
    Action<ModelSpec, GgufFileType, string>? ExportGguf = null
)
{
    /// <summary>Returns the engine of a source.</summary>
    /// <exception cref="InputException">No engine opens it.</exception>
    public IEngine For(ModelSource source) =>
        All.FirstOrDefault(e => e.Opens(source)) ?? throw new InputException($"there is no engine for {source}");

    /// <summary>Returns a model with every <c>auto</c> resolved.</summary>
    public ModelSpec Resolve(ModelSpec model) => For(model.Source).Resolve(model);

    /// <summary>Opens a model.</summary>
    public ILanguageModel Open(ModelSpec model) => For(model.Source).Open(model);

    /// <summary>Returns the digest of a model with its adapter.</summary>
    public string DigestOf(ModelSpec model) =>
        Files.Sha256.OfTexts(
            For(model.Source).DigestOf(model),
            model.Adapter is { } adapter ? ModelFolder.DigestOfAdapter(adapter.Folder) : "",
            FormattableString.Invariant($"{model.Adapter?.Lambda:R} {model.Adapter?.Form}")
        );
}
