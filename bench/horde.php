<?php
// How long the WBXML classes of Horde take: php horde.php FOLDER decode|encode FILE ROUNDS CALLS
// prints the best of ROUNDS, in microseconds of processor time a call, and the octets that came out of the last one.
[, $folder, $what, $file, $rounds, $calls] = $argv;
error_reporting(E_ALL & ~E_DEPRECATED & ~E_WARNING & ~E_NOTICE);
spl_autoload_register(fn($name) => @include $folder . '/' . str_replace('_', '/', $name) . '.php');
$data = file_get_contents($file);
function now() { $u = getrusage(); return $u['ru_utime.tv_sec'] * 1e6 + $u['ru_utime.tv_usec']; }
function once($what, $data) {
    if ($what == 'decode') {
        $decoder = new Horde_Xml_Wbxml_Decoder();
        return $decoder->decodeToString($data);
    }
    $encoder = new Horde_Xml_Wbxml_Encoder();
    return $encoder->encode($data);
}
$best = INF;
for ($r = 0; $r < $rounds; $r++) {
    $start = now();
    for ($c = 0; $c < $calls; $c++) { $out = once($what, $data); }
    $best = min($best, (now() - $start) / $calls);
}
echo $best, ' ', strlen($out), "\n";
