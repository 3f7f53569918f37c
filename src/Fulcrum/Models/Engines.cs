namespace Fulcrum.Models;

/// <summary>The engines of a program, with the functions that train and convert models.</summary>
/// <param name="All">The engines. The first that opens a source is used.</param>
/// <param name="Trainer">Trains adapters; null: training is not possible.</param>
/// <param name="ExportGguf">Writes a model as a GGUF file of a type; null: export is not possible.</param>
public sealed record Engines(
    IReadOnlyList<IEngine> All,
    ITrainer? Trainer = null,
    Action<ModelSpec, GgufFileType, string>? ExportGguf = null
)
{
    /// <summary>Returns the engine that opens a source.</summary>
    /// <exception cref="InputException">There is none.</exception>
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
