namespace Fulcrum.Torch.Adapters;

/// <summary>How PEFT matches names of modules.</summary>
internal static class ModuleNames
{
    /// <summary>The module has this name, or its name ends with it after a dot.</summary>
    public static bool Ends(string module, string name) =>
        module.EndsWith(name, StringComparison.Ordinal)
        && (module.Length == name.Length || module[module.Length - name.Length - 1] == '.');
}
